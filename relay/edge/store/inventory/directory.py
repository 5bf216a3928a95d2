"""What names nobody: the directory of services, how often an entry was given, and the statistics."""

from __future__ import annotations

from collections.abc import Mapping

from relay.domain.measures import Measure
from relay.edge.store.inventory.fields import Kept, counted, flag, index, number, public, word

DIRECTORY: Mapping[str, Kept] = {
    "referrals": Kept(
        "A service of the directory, as it was published",
        "until the operator imports without it, and its number for ever", {
            "number": public("names it, for counselors to type"),
            "source": public("the directory"),
            "source_id": public("its id there"),
            "digest": public("whether it has changed"),
            "verified_on": public("when it was checked last"),
            "until_on": public("when it ends"),
            "gone_on": public("since when it is gone from its source"),
            "entry": public("all that is published of it"),
        }),
    "referral_words": Kept(
        "The words of those services, to be searched; on PostgreSQL as one vector", "as the directory", {
            name: public(purpose) for name, purpose in (
                ("name", "its name"), ("topics", "its topics"), ("line", "its description"),
                ("places", "where it is"), ("marks", "whom it is for, as made-up words"))
        }),
    "referral_counts": Kept(
        "How often a service was given in a month", "for ever: a count of no conversation, counselor or day", {
            "month": number("which month"),
            "number": number("which service"),
            "given": number("how often"),
        }),
    "counts": Kept(
        "How often something happened in a month", "until the month is over and its figures are made", {
            "month": number("which month"),
            "measure": word("what is counted", Measure),
            "cell": counted("of it: a name of ours, a language, a queue or a topic of the configuration"),
            "part": number("which of several nodes counted"),
            "amount": number("how often"),
        }),
    "invitations": Kept(
        "That an address for two answers at the end of a conversation was used, so that they are counted once",
        "until no address of that month is good any more, one to two months", {
            "token": index("its local part"),
            "month": number("in which month"),
            "counted": flag("its answers were counted"),
            "told": number("how many letters of ours it has led to"),
        }),
    "months": Kept(
        "What may be published of a month that is over",
        "for ever: small counts are merged, so that nobody is found in it", {
            "month": number("which month"),
            "figures": counted("the figures"),
        }),
}  # fmt: skip
