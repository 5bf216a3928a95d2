"""What the doctor makes of facts that a test cannot have: full and slow disks, clocks, old interpreters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from relay.doctor import (
    certificate,
    clock,
    disk,
    doors,
    interpreter,
    keys,
    mail_senders,
    storage,
    transport,
    words,
)
from relay.doctor.findings import Finding, Level, critical, exit_code, hint, warning
from relay.edge.certificates import CertificateFacts
from relay.mail.proof.spf import Spf

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SOUND = interpreter.Facts(
    "3.13.1", (3, 13), NOW.date(), misreads=False, lets_headers_in=False, takes_two_addresses=False
)
TEXTS = words.Facts(
    NOW.date(),
    ((1, "GB", NOW.date()),),
    frozenset({"GB"}),
    frozenset({"en"}),
    frozenset({"en", "de"}),
    {"de": 3},
)
GIB = 1 << 30
LEAST = 200 << 20


def levels(findings: list[Finding]) -> list[Level]:
    return [each.level for each in findings]


@pytest.mark.parametrize(
    ("free", "whole", "level"),
    [
        (500 * GIB, 1000 * GIB, []),
        (3 * GIB, 1000 * GIB, []),  # a small share of much is enough
        (GIB, 4 * GIB, []),  # so is a large share of little
        (GIB, 20 * GIB, [Level.WARNING]),
        (100 << 20, 20 * GIB, [Level.CRITICAL]),
        (0, 20 * GIB, [Level.CRITICAL]),
        (0, 0, [Level.CRITICAL]),
        (LEAST - 1, 1 << 28, [Level.CRITICAL]),  # whatever the share: first letters are put off
        (LEAST, 1 << 28, []),
    ],
)
def test_a_disk_is_low_by_share_and_by_size_and_full_where_letters_are_put_off(
    free: int, whole: int, level: list[Level]
) -> None:
    """Neither share nor size alone says anything, but for what ``limits.free_disk_mb`` keeps free."""
    found = list(disk.judge(disk.Facts("/var/lib/relay", free, whole, LEAST)))
    assert levels(found) == level
    assert all("/var/lib/relay" in each.what and "make room" in each.remedy for each in found)


def test_files_run_out_before_room_does() -> None:
    """A disk of very many small ones."""
    facts = disk.Facts("/var/lib/relay", 500 * GIB, 1000 * GIB, LEAST, 10, 1000)
    assert levels(list(disk.judge(facts))) == [Level.CRITICAL]
    assert list(disk.judge(disk.Facts("/var/lib/relay", 500 * GIB, 1000 * GIB, LEAST, 0, 0))) == []


def test_a_slow_a_distant_and_an_unwritable_place_are_told_apart() -> None:
    """Each with what to do."""
    well = storage.Facts(folder="/var/lib/relay", kind="ext4", sync_s=0.004)
    assert list(storage.judge(well)) == []
    (slow,) = storage.judge(storage.Facts(folder="/var/lib/relay", kind="ext4", sync_s=0.35))
    assert (slow.level, "takes 350 ms" in slow.what) == (Level.WARNING, True)
    (distant,) = storage.judge(storage.Facts(folder="/var/lib/relay", kind="nfs4", sync_s=0.01))
    assert (distant.level, "on another machine (nfs4)" in distant.what) == (Level.CRITICAL, True)
    (closed,) = storage.judge(storage.Facts(folder="/x", kind="ext4", sync_error="Permission denied"))
    assert (closed.level, "nothing can be written in /x (Permission denied)" in closed.what) == (
        Level.CRITICAL,
        True,
    )
    (off,) = storage.judge(
        storage.Facts(("the database has fsync = off and can lose what it has taken; set it to on",))
    )
    assert (off.level, off.remedy) == (Level.CRITICAL, "set it to on")


def test_the_innermost_mount_says_what_a_folder_is_on() -> None:
    """And a neighbour whose name begins the same does not."""
    mounts = (
        "a / ext4 rw 0 0\nb /var tmpfs rw 0 0\nc /var/lib/relay nfs4 rw 0 0\nd /var/lib/relay2 xfs rw 0 0\n"
    )
    assert storage.kind_of(Path("/var/lib/relay/state"), mounts) == "nfs4"
    assert storage.kind_of(Path("/var/lib/relay3"), mounts) == "tmpfs"
    assert storage.kind_of(Path("/srv"), mounts) == "ext4"
    assert storage.kind_of(Path("/srv"), "") == ""


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (clock.Facts(NOW, True, NOW), []),
        (clock.Facts(NOW, None, None), []),
        (clock.Facts(NOW, False, NOW), [Level.WARNING]),
        (clock.Facts(NOW, True, NOW + timedelta(minutes=4)), []),
        (clock.Facts(NOW, True, NOW + timedelta(days=1)), [Level.CRITICAL]),
        (clock.Facts(datetime(1970, 1, 1, tzinfo=UTC), False, None), [Level.CRITICAL]),
    ],
)
def test_a_clock_is_judged_by_its_keeper_and_by_what_came(facts: clock.Facts, level: list[Level]) -> None:
    """A letter from the future came by another clock."""
    found = list(clock.judge(facts))
    assert levels(found) == level
    assert all("timesyncd or chrony" in each.remedy for each in found)


def test_known_flaws_of_the_interpreter_are_named() -> None:
    """What the relay is built around is a hint; what nobody mends is a warning."""
    assert list(interpreter.judge(SOUND)) == []
    old = interpreter.Facts("3.11.2", (3, 11), date(2027, 11, 1), True, True, True)
    found = list(interpreter.judge(old))
    assert levels(found) == [Level.HINT, Level.WARNING, Level.HINT, Level.WARNING]
    for words_of_it in (
        "possessive groups",
        "CVE-2024-6923",
        "CVE-2023-27043",
        "mended no more since 2027-10-31",
    ):
        assert sum(words_of_it in each.what for each in found) == 1
    assert not list(
        interpreter.judge(interpreter.Facts("3.99.0", (3, 99), date(2090, 1, 1), False, False, False))
    )


def test_certificates_at_their_edges() -> None:
    """The last moment, the first, and a file that cannot be read."""
    shown = CertificateFacts(NOW, NOW + certificate.SOON, ("mx.relay.test",))
    assert list(certificate.judge(certificate.Facts(shown, ("mx.relay.test",), NOW))) == []
    second = timedelta(seconds=1)
    assert levels(list(certificate.judge(certificate.Facts(shown, (), NOW + second)))) == [Level.WARNING]
    assert levels(list(certificate.judge(certificate.Facts(shown, (), NOW - second)))) == [Level.CRITICAL]
    assert levels(list(certificate.judge(certificate.Facts(shown, (), shown.ends_at)))) == [Level.CRITICAL]
    assert levels(list(certificate.judge(certificate.Facts(None, (), NOW)))) == [Level.CRITICAL]


def test_keys_are_told_a_month_before() -> None:
    """Ours with the command that makes the next one."""
    ours = keys.Key("help@relay.test", NOW + timedelta(days=29), is_ours=True)
    later = keys.Key("counselor ana", NOW + timedelta(days=31))
    (found,) = keys.judge(keys.Facts((ours, later, keys.Key("counselor ben", None)), NOW))
    assert (found.level, "relay keys rotate help@relay.test" in found.remedy) == (Level.WARNING, True)
    revoked = keys.Key("counselor ben", None, "revoked")
    (found,) = keys.judge(keys.Facts((revoked,), NOW, ()))
    assert (found.level, "(revoked)" in found.what) == (Level.CRITICAL, True)


def test_texts_in_english_only_and_in_no_language() -> None:
    """Only of languages that are asked for."""
    assert list(words.judge(TEXTS)) == []
    german = words.Facts(
        TEXTS.today, TEXTS.lines, TEXTS.countries, frozenset({"de", "pl"}), TEXTS.known, TEXTS.gaps
    )
    found = list(words.judge(german))
    assert [(each.level, each.what) for each in found] == [
        (Level.WARNING, "3 texts in de are there in English only"),
        (Level.CRITICAL, "there are no texts in pl, the language of an intake"),
    ]
    (none,) = words.judge(words.Facts(TEXTS.today, (), frozenset(), frozenset(), TEXTS.known, {}))
    assert (none.level, none.what) == (Level.HINT, "there is no crisis.toml")


def test_sockets_of_systemd_are_well_where_one_of_them_is_ours() -> None:
    """Postfix has port 25, and the relay the one behind it."""
    postfix, ours = doors.Door("127.0.0.1:25", "220 mail.test ESMTP Postfix"), "220 relay.test ESMTP"
    behind = doors.Door("127.0.0.1:8025", ours, has_tls=True)
    assert list(doors.judge(doors.Facts("relay.test", (), (postfix, behind), wants_tls=True))) == []
    (found,) = doors.judge(
        doors.Facts("relay.test", (), (postfix, doors.Door("127.0.0.1:8025", None)), wants_tls=True)
    )
    assert (found.level, "relay.socket" in found.remedy) == (Level.WARNING, True)


def test_only_the_open_socket_of_systemd_wants_a_certificate() -> None:
    """Behind an MTA of this machine nothing is read on the way; on port 25 it is."""
    greeting = "220 relay.test ESMTP"
    behind, opened = doors.Door("127.0.0.1:8025", greeting), doors.Door("127.0.0.1:25", greeting)
    assert list(doors.judge(doors.Facts("relay.test", (), (behind,), wants_tls=False))) == []
    (found,) = doors.judge(doors.Facts("relay.test", (), (opened,), wants_tls=False))
    assert (found.level, "without STARTTLS" in found.what) == (Level.WARNING, True)


def test_a_provider_that_sends_for_the_line_is_named_in_spf() -> None:
    """Which of its machines sends is not known here; that none is named, is."""
    dmarc = ("v=DMARC1; p=quarantine",)
    facts = mail_senders.Facts("relay.test", ("v=spf1 mx -all",), {}, {}, dmarc, is_by_provider=True)
    (found,) = mail_senders.judge(facts, signs=True)
    assert "names no provider" in found.what
    named = mail_senders.Facts(
        "relay.test", ("v=spf1 include:p.test -all",), {}, {}, dmarc, is_by_provider=True
    )
    assert list(mail_senders.judge(named, signs=True)) == []
    (unsigned,) = mail_senders.judge(named, signs=False)
    assert "signs nothing" in unsigned.what
    unclear = mail_senders.Facts(
        "relay.test", named.spf, {"192.0.2.1": Spf.TEMPERROR}, {}, dmarc, is_by_provider=False
    )
    assert levels(list(mail_senders.judge(unclear, signs=True))) == [Level.WARNING]


@pytest.mark.parametrize(
    ("policy", "level"),
    [
        ("mode: enforce\nmx: *.relay.test", []),
        ("mode: enforce\nmx: *.test", [Level.CRITICAL]),  # a star is one label
        ("mode: testing\nmx: other.test", []),
        ("mode: enforced\nmx: mx.relay.test", [Level.WARNING]),
        ("", [Level.WARNING]),
    ],
)
def test_a_policy_is_read_as_its_standard_says(policy: str, level: list[Level]) -> None:
    """RFC 8461 §4.1."""
    facts = transport.Facts("relay.test", ("mx.relay.test",), ("v=STSv1; id=1",), policy, ("v=TLSRPTv1",))
    assert levels(list(transport.judge(facts))) == level


def test_the_exit_code_is_the_worst() -> None:
    """A hint is no state of the line."""
    three = [hint("a", "b", "c"), warning("a", "b", "c"), critical("a", "b", "c")]
    assert [exit_code(three[:n]) for n in range(4)] == [0, 0, 1, 2]
