"""Recordings of a voice message: none goes without a word."""

from __future__ import annotations

from unittest.mock import Mock

from relay.flow import voicemail
from relay.mail.cleaning import Reason
from relay.mail.parse import parse

SOUND = b"From: pbx@relay.test\r\nContent-Type: audio/x-wav\r\n\r\nnone\r\n"


def test_more_than_are_taken_are_said_to_be_missing() -> None:
    """Of six, five are looked at, and the counselor reads that something was too much."""
    mail = parse(SOUND)
    for count, is_said in ((voicemail.MAX_RECORDINGS, False), (voicemail.MAX_RECORDINGS + 1, True)):
        message = Mock(recordings=(mail.root,) * count)
        _, removed = voicemail._recordings(mail, message, Mock(passes_recording=True))
        assert (Reason.TOO_LARGE in {each.reason for each in removed}) is is_said
