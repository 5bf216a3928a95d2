"""Recordings built anew: the same sound, none of the tags, and nothing at all of what is no recording.

The files are real encoders' (libsndfile with LAME, libopus and libvorbis); that they sound the same sample for sample
was heard with libsndfile and dr_mp3 when they were made.
"""

from __future__ import annotations

import io
import random
import struct
import wave

import pytest

from relay.mail import audio, audio_ogg
from relay.mail.cleaning import Reason, Removed
from tests.support.canaries import found
from tests.support.voicemails import CALLER, RECORDINGS, recording

FILES = sorted(file.name for file in RECORDINGS.iterdir())
WORDS = [*CALLER.values(), "lemurhost", "Asterisk", "libsndfile", "Xiph", "Lavf", "libopus"]


def cleaned(name: str) -> audio.Recording:
    done = audio.clean(recording(name), "audio/x-wav", "msg0001.wav")
    assert isinstance(done, audio.Recording)
    return done


@pytest.mark.parametrize("name", FILES)
def test_the_sound_stays_and_every_tag_goes(name: str) -> None:
    """Half a second of a tone; some encoders pad it (RFC 3533, RFC 7845)."""
    done = cleaned(name)
    assert 0.49 <= done.seconds <= 0.6
    assert found(WORDS, [done.file.data]) == []
    assert done.file.extension == name.rpartition(".")[2]


@pytest.mark.parametrize("name", FILES)
def test_what_was_cleaned_is_clean(name: str) -> None:
    """Once more changes nothing: equal input gives equal output, and ours is one that we take."""
    done = cleaned(name)
    again = audio.clean(done.file.data, "", "")
    assert isinstance(again, audio.Recording)
    assert again.file.data == done.file.data


def test_the_tags_are_there_before() -> None:
    """The test above can fail."""
    for name in ("pcm.wav", "ulaw.wav", "kazoo.mp3", "opus.ogg", "vorbis.ogg"):
        assert CALLER["name"] in found(WORDS, [recording(name)])


def test_samples_of_wav_are_the_same() -> None:
    """By the standard library's reader (RFC 2361)."""
    with (
        wave.open(io.BytesIO(recording("pcm.wav"))) as before,
        wave.open(io.BytesIO(cleaned("pcm.wav").file.data)) as now,
    ):
        assert now.getparams() == before.getparams()
        assert now.readframes(9999) == before.readframes(9999)


def test_pages_of_ogg_have_the_checksum_of_their_octets() -> None:
    """Counted bit by bit, as RFC 3533 §6 says it; a wrong one makes players skip a page."""
    octets = cleaned("opus.ogg").file.data
    at = pages = 0
    while at < len(octets):
        count = octets[at + 26]
        end = at + 27 + count + sum(octets[at + 27 : at + 27 + count])
        page = octets[at : at + 22] + bytes(4) + octets[at + 26 : end]
        assert _slowly(page) == struct.unpack_from("<I", octets, at + 22)[0]
        assert struct.unpack_from("<I", octets, at + 18)[0] == pages
        at, pages = end, pages + 1
    assert pages >= 3


def _slowly(octets: bytes) -> int:
    crc = 0
    for octet in octets:
        crc ^= octet << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 1 << 31 else crc << 1) & 0xFFFFFFFF
    return crc


@pytest.mark.parametrize("name", FILES)
def test_hostile_octets_are_removed_or_cleaned_and_never_raise(name: str) -> None:
    """Cut and damaged at every kind of place; what comes out can be read again."""
    chance = random.Random(4711)
    whole = recording(name)
    damaged = [whole[: chance.randrange(len(whole))] for _ in range(40)]
    for _ in range(120):
        octets = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            octets[chance.randrange(len(octets)) if chance.random() < 0.5 else chance.randrange(120)] = (
                chance.randrange(256)
            )
        damaged.append(bytes(octets))
    for octets in damaged:
        done = audio.clean(octets, "audio/mpeg", "a.mp3")
        if isinstance(done, audio.Recording):
            assert isinstance(audio.clean(done.file.data, "", ""), audio.Recording)


def test_a_second_stream_is_not_passed_on() -> None:
    """Behind the first or between its pages it may be anything."""
    opus, vorbis = recording("opus.ogg"), recording("vorbis.ogg")
    for joined in (opus + vorbis, opus[:-1], vorbis + opus):
        assert audio.clean(joined, "audio/ogg", "a.ogg") == Removed(Reason.BROKEN, "audio")


@pytest.mark.parametrize(
    ("octets", "label", "reason"),
    [
        (b"fLaC\0\0\0\x22" + bytes(60), "audio/flac", Reason.UNSUPPORTED),
        (b"\xd8\x20\xa2\xe1\x5a" * 66, "audio/x-gsm", Reason.UNSUPPORTED),
        (b"#!AMR\n" + bytes(60), "audio/amr", Reason.UNSUPPORTED),
        (b"\0\0\0\x20ftypM4A " + bytes(60), "audio/mp4", Reason.UNSUPPORTED),
        (b"MZ" + bytes(60), "audio/x-wav", Reason.ACTIVE),
        (b"", "audio/mpeg", Reason.UNSUPPORTED),
        (b"ID3\x04\0\0\0\0\0\x05hello", "audio/mpeg", Reason.BROKEN),
        (b"RIFF\x04\0\0\0WAVE", "audio/x-wav", Reason.BROKEN),
    ],
)
def test_what_is_no_recording_that_we_can_build_is_removed(octets: bytes, label: str, reason: Reason) -> None:
    """With a word for why, and never a word of it."""
    assert audio.clean(octets, label, "a.bin") == Removed(reason, "audio")


def test_a_recording_that_is_too_large_is_removed() -> None:
    """Before anything of it is read."""
    assert audio.clean(b"OggS" + bytes(audio.MAX_OCTETS), "", "") == Removed(Reason.TOO_LARGE, "audio")


def test_a_large_recording_takes_little_time() -> None:
    """A megabyte in thousands of pages: linear, and far below a worker's limit."""
    whole = recording("opus.ogg")
    headers = whole.find(b"OggS", whole.find(b"OpusTags"))
    page = whole[headers:]
    body = page[: page.find(b"OggS", 4)] if page.find(b"OggS", 4) > 0 else page
    many = whole[:headers] + body * (1_000_000 // len(body))
    built, seconds = audio_ogg.rebuild(many)
    assert len(built) > 900_000
    assert seconds > 0
