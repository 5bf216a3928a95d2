"""What ``relay init`` asks: a table. Each row is a question in a terminal and a flag of the command line.

``arguments`` makes flags of it, ``asking`` asks. It imports nothing of the configuration, so that ``--help`` stays
quick: the key that an answer fills is named, and checked by its class later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """One row. ``flag``: its name; ``key``: ``section.key`` that it fills, empty where it fills none by itself.

    ``usual``: the answer of somebody who just presses Enter; ``None``: it has to be given. ``belongs``: whether it is
    asked after these answers. ``choices``: what may be said, where that is a list. ``is_file``: a path, from where
    whoever answers is.
    """

    flag: str
    words: str
    key: str = ""
    usual: Callable[[Answers], str | None] = lambda _: None
    belongs: Callable[[Answers], bool] = lambda _: True
    choices: tuple[str, ...] = ()
    is_file: bool = False


def is_here(host: str) -> bool:
    """Whether a host is this machine, as far as its name tells."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", "localhost.localdomain"}


def _usual(text: str) -> Callable[[Answers], str]:
    return lambda _: text


def _at_domain(form: str) -> Callable[[Answers], str]:
    """Nothing while there is no domain, whose absence is told by itself."""
    return lambda answers: form.format(answers["domain"]) if answers.get("domain") else ""


def _port(answers: Answers) -> str:
    return "25" if is_here(answers.get("next-hop", "")) else "587"


def _is_elsewhere(answers: Answers) -> bool:
    return not is_here(answers.get("next-hop", ""))


def _has_login(answers: Answers) -> bool:
    return _is_elsewhere(answers) and bool(answers.get("username"))


QUESTIONS: tuple[Question, ...] = (
    Question("name", "What the line is called, as people see it in mail (a neutral name protects them)",
             "service.name", _usual("Peer Support")),
    Question("domain", "The mail domain that will be the line's alone, as in line.example.org", "service.domain"),
    Question("intake", "The address that people in need write to", "intake.address",
             _at_domain("help@{}")),
    Question("language", "The language of its texts (en, de, es, fr, ar)", "intake.language", _usual("en")),
    Question("operator", "Your own address, at another domain: notices of the line come there", "service.operator"),
    Question("counselor-name", "The full name of the first who answers; never shown, and masked in what they write",
             "counselor.name"),
    Question("counselor-address", "Where they read and write mail", "counselor.address"),
    Question("pseudonym", "The name that seekers see instead, chosen by them", "counselor.pseudonym"),
    Question("duty", "When they answer: always, or shifts such as mon-fri 18:00-22:00 Europe/Berlin; several with ;",
             "counselor.duty", _usual("always")),
    Question("door", "How mail comes in: behind an MTA of yours on this machine, or alone, the relay on port 25 itself",
             "", _usual("behind"), choices=("behind", "alone")),
    Question("certificate", "PEM file of the certificate chain for STARTTLS (Enter: none yet)", "smtp.tls_certificate",
             _usual(""), lambda a: a.get("door") == "alone", is_file=True),
    Question("certificate-key", "PEM file of its private key", "smtp.tls_key",
             belongs=lambda a: bool(a.get("certificate")), is_file=True),
    Question("next-hop", "Who sends mail on: the host of your MTA, or of your provider's submission server",
             "next_hop.host", _usual("127.0.0.1")),
    Question("port", "Its port", "next_hop.port", _port),
    Question("username", "The login there (Enter: none)", "next_hop.username", _usual(""), _is_elsewhere),
    Question("password-file", "A file whose first line is the password, readable by the relay alone",
             "next_hop.password_file", belongs=_has_login, is_file=True),
    Question("host", "The name of the host that takes the line's mail, for its MX record", "",
             _at_domain("mx.{}")),
)  # fmt: skip
