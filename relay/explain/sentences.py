"""Every word of an explanation that is not a header field's: one table from what was done to what is said of it.

Called by ``sent`` and ``report``. A test holds the tables to the lists of constants they speak of.
"""

from __future__ import annotations

from relay.explain.values import Fate
from relay.mail.changes import Place, What
from relay.mail.cleaning import Reason as FileReason
from relay.mail.quotes import Kind

CHANGES: dict[What, tuple[str, Fate, str]] = {
    What.ADDRESS_REPLACED: ("e-mail address of the author", Fate.REPLACED,
                            "The reader sees the alias or the pseudonym in its place."),
    What.LOCAL_PART_REPLACED: ("part of an address before the @", Fate.REPLACED,
                               "With a provider's name it would be an address again."),
    What.DOMAIN_REPLACED: ("mail domain of the author", Fate.REMOVED, "It often names an employer or a person."),
    What.NAME_REPLACED: ("name of the author", Fate.REPLACED,
                         "The full name and the family name become the pseudonym; a given name alone stays."),
    What.PRIVATE_REPLACED: ("telephone number, handle or word registered as private", Fate.REMOVED,
                            "The configuration lists it as something that must never go out."),
    What.ALIAS_REPLACED: ("alias that the author writes to", Fate.REMOVED,
                          "It is issued to the author alone; the reader knows another one."),
    What.QUOTE_OR_SIGNATURE_CUT: ("quote, signature or footer", Fate.CUT,
                                  "Mail programs put names and addresses there; the blocks are shown in the text."),
    What.LINK_TIDIED: ("web address", Fate.REWRITTEN,
                       "Trackers and wrappers in it tell who was sent it; the page it leads to is the same."),
    What.FILE_MADE_ANEW: ("attached file", Fate.MADE_ANEW,
                          "Drawn or written anew from what it shows; camera, place, author and history are gone."),
    What.FILE_REMOVED: ("attached file", Fate.REMOVED, "A line in the new message says so to the reader."),
}  # fmt: skip
"""What it is, what became of it, and why."""

PLACES = {Place.TEXT: "in the text", Place.SUBJECT: "in the subject", Place.FILE: "in an attached text file"}

FILE_REASONS = {
    FileReason.UNSUPPORTED: "It cannot be made anew, and as it is it can hold names, programs and places.",
    FileReason.BROKEN: "It says it is of a kind that can be made anew, and cannot be read as one.",
    FileReason.TOO_LARGE: "It is larger than what is made anew, or one too many.",
    FileReason.ENCRYPTED: "It is locked, so nobody can look whether it names somebody.",
    FileReason.ACTIVE: "It is a program, or a page that can run one.",
}

BLOCKS = {
    "address": "address hidden",
    "local part": "part of an address hidden",
    "domain": "domain hidden",
    "name": "name hidden",
    "private": "private detail hidden",
    "alias": "alias hidden",
}
"""What stands on the sender's side for each of ``identity.KINDS``."""
LINK_HIDDEN, LINK_TIDIED = "web address hidden", "tracking removed"

_HAVE_IT = "The reader has these words already; what programs put between them would come along."
_WHO_WROTE = "It names who wrote the quoted message, and when in which time zone."
CUT = {
    Kind.OWN: ("text", "Nothing of it is words."),
    Kind.QUOTE: ("quote below the text", _HAVE_IT),
    Kind.TAIL: ("quoted message below the text", _HAVE_IT),
    Kind.ATTRIBUTION: ("attribution of a quote", _WHO_WROTE),
    Kind.HEADERS: ("header of a quoted message", _WHO_WROTE),
    Kind.SIGNATURE: ("signature", "It names the author, or the program or telephone they write with."),
    Kind.FOOTER: ("footer", "Providers, employers and filters add it, and it names them."),
}
"""Blocks of lines by ``quotes.Kind``: what they are called, and why they are cut."""
KEPT = ("words of the author", Fate.KEPT, "What a person wrote for the other side arrives as it was written.")

MARKS = ("invisible mark", Fate.REMOVED, "Characters that nobody sees can tell two copies of a text apart.")

CONTAINER = "It holds the parts below. The new message has a container of its own, or none."
TEXT_TAKEN = "The text is taken from here and written anew in UTF-8."
HTML_TAKEN = "What a reader would see is written as plain text; nothing of the page itself is passed on."
OTHER_VERSION = "It says the same as the plain text, which is taken instead."
SIGNATURE_PART = "A signature names its author's key."
INSIDE = "It is inside the part above, and went with it."
ENCRYPTED_PART = "It is encrypted or wrapped, and there is no key here that opens it."
UNREAD_PART = "The message is held before anybody looks into its parts."
AROUND = "Text before, between or after the parts is written by programs and read by nobody."
CALL = (
    "It is the mail of a telephone system: the counselor reads in words of the relay's own that somebody has called, "
    "when and for how long. The caller's number goes to the phone desk alone."
)
CALL_TEXT = "Nothing that the telephone system wrote is passed on: it names who called, and who was called."
RECORDING_LEFT = (
    "The configuration does not forward recordings, or it cannot be made anew; the new message says so."
)
RECORDING_ANEW = "Made anew from its sound, without what programs wrote into it, where that can be."
FILE_ANEW = "Made anew from what it shows, under a neutral name."

MARKUP = (
    (("img", "picture", "image", "audio", "video", "source", "track", "bgsound"),
     "picture or sound in the page", "Loaded from elsewhere it tells when, where and with what the mail was read."),
    (("link", "iframe", "frame", "object", "embed", "applet", "base", "meta"),
     "reference to another document", "The reader's program would fetch it, and be seen."),
    (("script", "noscript"), "script", "It is a program that would run at the reader's."),
    (("style",), "style sheet", "It can load pictures, hide words, and names the program that made it."),
    (("form", "input", "button", "select", "textarea"), "form field", "It sends what is typed to somebody else."),
    (("svg", "math", "canvas"), "drawing", "It can load other files and hold hidden words."),
)  # fmt: skip
"""Elements of a page that are not passed on, what they are called, and why."""
HIDDEN = ("thing that is hidden on the page", "What a person does not see can still mark their copy.")
LINK = ("link", "It becomes its words and its address, without what tells who was sent it.")
COMMENT = ("comment in the page", "Programs write names, versions and hidden copies there.")

HOLDS_LEAK = "the last look at the finished message found {kind} of the author in it"
ASKED = {
    "contact-phone": "It holds a telephone number.",
    "contact-address": "It holds an e-mail address.",
    "contact-handle": "It holds a name on another service.",
    "signature-found": "It ends in a signature, about which its author wants to be asked.",
    "file-left-out": "It has a file that would be left out.",
}
"""What its author, or the operator, is asked about before it goes: changes of ``flow.holding``."""

NOTHING_SHOWN = "What is hidden from the {reader} is hidden on this page too: a block stands for it."
PASSED = "It is passed on as a new message."
HELD = "It is held, and a person is told. {reason}"
THEN = "When that person lets it go, the new message is the one shown here."
STOPPED = "It is used and not passed on. {reason}"
NOT_PASSED = (
    "Nothing of it reaches the {reader}: below stands what would become of each thing if it were passed on."
)
SUBJECT_NOT_PASSED = "not passed on"
TEXT_UNREAD = "text not read"
UNREADABLE = "These octets are not a message that can be read."
READERS_ADDRESS = "(the reader's own address)"
CHECKED = (
    "The last look over this page found something that would name the author, so the text is not shown here."
)
LOSSY = (
    "Some octets of the text mean nothing in its character set; they are shown as a replacement character."
)
NOT_LOOKED_UP = (
    "A command asks for entries of the directory, a text or titles. They are not looked up here: in the message stands "
    "a line for them, and whether there is anything to put there, or the message comes back, shows when it is sent."
)
REGISTERED = ("The author's address is a counselor's: with --as counselor it is explained as their reply, "
              "with all that their entry registers as private.")  # fmt: skip
OTHER_MAIL = {
    ("acknowledgement", "seeker"): "The seeker also gets the acknowledgement of a first message.",
    ("notice", "seeker"): "The seeker also gets a notice.",
    ("notice", "counselor"): "The counselor also gets a notice from the desk.",
    ("notice", "operator"): "The operator gets a notice that names nobody.",
}
