"""Which message that was published with "Johnny, you are fired" is which of ours: all 59 files, by their names there.

52 of them are constructs and 7 are honest: what the one whom they want to be taken for really signed, which has to
pass (``GENUINE``), and what the forger honestly signed, which is nobody else's. Of an S/MIME file the twin is the
construct in the form that is left over. Besides these there are the constructs that were only described, and our own.
"""

from __future__ import annotations

from tests.openpgp.senders import IDENTITY
from tests.openpgp.spoofs import API, CONTAINERS, MIME, OWN, SCREEN

GENUINE = ("in a part", "in clear", "in an envelope")
"""What Ana really signed."""

TABLE = (*CONTAINERS, *API, *MIME, *IDENTITY, *SCREEN, *OWN)

_CONTAINERS = {
    "eContent_confusion": "c1-content-confusion",
    "eContent_confusion_refinement": "c1-content-confusion-refined",
    "multiple_signerInfos_append_johnny": "c2-second-signer-appended",
    "multiple_signerInfos_prepend_johnny": "c2-second-signer-prepended",
    "no_signerInfos_detached": "c3-no-signer",
    "no_signerInfos_no_certificates_detached": "c3-no-signer-no-certificate",
    "crash_01": "crash-lengths",
}
_MIME = {
    "m1-pgp-inline": "m1-inline-part",
    "m1-pgp-inline2": "m1-inline",
    "m1-pgp-mime": "m1-mime",
    "m1-smime": "m1-mime-related",
    "m2-pgp-inline": "m2-inline-part",
    "m2-pgp-inline2": "m2-inline",
    "m2-pgp-mime": "m2-mime-plaintext",
    "m2-smime-mix": "m2-mime",
    "m3-pgp-inline": "m3-inline",
    "m3-pgp-mime": "m3-mime",
    "m3-smime": "m3-mime-first",
    "m4-pgp-inline": "m4-inline",
    "m4-pgp-mime": "m4-mime-file",
    "m4-smime": "m4-mime",
}
_IDENTITY = {
    "i1-from-unequals-signer": "i1-from-is-not-signer",
    "i2-from-contains-signer": "i2-name-of-ana",
    "i2-from-is-empty": "i2-from-is-empty",
    "i2-from-is-nonexistent": "i2-from-does-not-exist",
    "i2-from-is-only-a-name": "i2-from-is-a-name",
    "i2-from-is-sender-signer-a": "i2-ana-then-signer-bare",
    "i2-from-is-sender-signer-b": "i2-ana-then-signer-far",
    "i2-from-is-signer-sender-a": "i2-signer-then-ana-bare",
    "i2-from-is-signer-sender-b": "i2-signer-then-ana-far",
    "i3-from-is-sender-sender-signer": "i3-sender-is-signer",
    "i3-from-is-signer-sender-sender": "i3-sender-is-ana",
    "i3-from-sender-others-signer": "i3-others-are-signer",
    "i3-from-signer-others-sender": "i3-others-are-ana",
    "i3-from1-sender-from2-signer": "i3-two-from-fields",
    "i3-from1-signer-from2-sender": "i3-two-from-fields-reversed",
}
_HONEST = {
    "valid_email_from_manager": "in an envelope",
    "manager-pgp-mime": "in a part",
    "manager-pgp-inline": "in clear",
    "manager-smime": "in an envelope",
    "eve-pgp-mime": "any-good-signature",
    "eve-pgp-inline": "i1-from-is-not-signer-inline",
    "eve-smime": "any-good-signature",
}
CONSTRUCTS = {
    **_CONTAINERS,
    **_MIME,
    **{f"{file}-{kind}": f"{ours}-{form}" for file, ours in _IDENTITY.items()
       for kind, form in (("pgp-mime", "mime"), ("smime", "inline"))},
    "u1-generic": "u1-redressing",
}  # fmt: skip
FILES = {**CONSTRUCTS, **_HONEST}
