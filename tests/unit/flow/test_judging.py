"""The last look: the reader's own ids are no secret in the two fields that name them, and nowhere else."""

from __future__ import annotations

import pytest

from relay.domain.conversations import Side
from relay.flow import compose
from relay.flow.judging import faces, judge
from tests.properties import world

SECRET = "77@leeward.test"
MAIL = compose.read(b"From: Sam Lee <sam@leeward.test>\r\nSubject: Hello\r\n\r\nHello.\r\n")


def found(message: bytes, *thread: str) -> bool:
    """Whether anything is found in a seeker's letter to a counselor."""
    author = world.SEEKER
    told = world.known(author, is_first=False)
    assert told.target.conversation is not None
    assert MAIL is not None
    seeker, counselor = faces(told.target.conversation, Side.SEEKER)
    return bool(judge(message, MAIL, seeker, counselor, told, thread=thread))


@pytest.mark.parametrize("field", ["In-Reply-To", "References", "references"])
def test_the_readers_own_ids_are_not_searched_where_they_belong(field: str) -> None:
    """Alone, among others, and folded; any other id with the author's domain is found."""
    for value in ("<{0}>", "<1@relay.test>\r\n <{0}>", "<{0}>\r\n\t<2@relay.test>"):
        message = f"{field}: {value.format(SECRET)}\r\nSubject: Hello\r\n\r\nHello.\r\n".encode()
        assert not found(message, SECRET)
        assert found(message)
        assert found(message, "78@leeward.test")


def test_elsewhere_they_are_searched_like_everything() -> None:
    """In the subject, in the words, and in a field of the same name that stands in them."""
    for message in (
        f"Subject: <{SECRET}>\r\n\r\nHello.\r\n",
        f"Subject: Hello\r\n\r\nI am <{SECRET}>.\r\n",
        f"Subject: Hello\r\n\r\nReferences: <{SECRET}>\r\n",
    ):
        assert found(message.encode(), SECRET)
