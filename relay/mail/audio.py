"""A recording built anew without what its container says beside the sound, or removed with a word for why.

``flow.voicemail`` calls ``clean`` for what a telephone system has recorded. Promises: the content decides what a file
is, never its label or its name; what comes out has the sound and what a player needs to play it, and none of the
fields in which programs write who called and when (chunks of RIFF, ID3, APE and Lyrics3, comments of Ogg); equal input
gives equal output; nothing is raised, whatever the octets: what cannot be cleaned is ``Removed`` (P4).

The sound stays as it is: a voice can be recognised, and what somebody has hidden in the samples themselves is not
looked for. Linear in the octets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from relay.mail import audio_mp3, audio_ogg, audio_wav, filekinds
from relay.mail.cleaning import Cleaned, Reason, Removed

MAX_OCTETS = 20_000_000
"""Three minutes of telephone sound are 3 MB as WAV; an hour of it as MP3 14 MB."""


@dataclass(frozen=True, slots=True)
class Recording:
    """``seconds``: how long it plays."""

    file: Cleaned
    seconds: float


def clean(data: bytes, content_type: str, filename: str) -> Recording | Removed:
    """Build one decoded recording anew, or say why not. Never raises."""
    cleaner, kind, extension = _form(data)
    if cleaner is None:
        label = content_type.partition(";")[0].strip().lower()
        found = filekinds.name_removed(data, label, filename.rpartition(".")[2].strip().lower())
        return Removed(found.reason, filekinds.AUDIO if label.startswith("audio/") else found.kind)
    if len(data) > MAX_OCTETS:
        return Removed(Reason.TOO_LARGE, filekinds.AUDIO)
    try:
        built, seconds = cleaner(data)
    except Exception:  # noqa: BLE001  hostile octets; whatever it is means the same
        return Removed(Reason.BROKEN, filekinds.AUDIO)
    return Recording(Cleaned(filekinds.AUDIO, kind, extension, built), seconds)


def _form(data: bytes) -> tuple[Callable[[bytes], tuple[bytes, float]] | None, str, str]:
    """Who can build this anew, and as what; ``None``: nobody."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return audio_wav.rebuild, "audio/wav", "wav"
    if data[:4] == b"OggS":
        return audio_ogg.rebuild, "audio/ogg", "ogg"
    if data[:3] == b"ID3" or audio_mp3.begins(data):
        return audio_mp3.rebuild, "audio/mpeg", "mp3"
    return None, "", ""
