"""What four open relays do, element by element, as their source was read in August 2026.

SimpleLogin ``dbc45fcc``, addy.io ``202b772``, Firefox Relay ``978af78f8``, schleuder ``878fdba`` (v5.0.1, what
a member sends on to an outsider). Where two words stand, the first is for mail from outside to the protected
user and the second for the user's answer. They protect one side only, so what "passes" in either is a leak
for us. Where the reading does not say, the word is "not known".
"""

from __future__ import annotations

NAMES = ("SimpleLogin", "addy.io", "Firefox Relay", "schleuder")

P, S, R, PART, NOT = "passes", "removes", "rewrites", "partly", "not known"

ELEMENTS: dict[str, tuple[str, str, str, str]] = {
    "address": (f"{PART}; {R}", f"{PART}; {R}", f"{PART}; {R}", R),
    "name": (f"{P}; {S}", f"{P}; {S}", f"{P}; {S}", S),
    "sender": (S, f"{P}; {S}", S, R),
    "reply-to": (f"{R}; {S}", f"{PART}; {S}", R, S),
    "return-path": (f"{PART}; {R}", f"{PART}; {R}", R, R),
    "third": (f"{PART}; {P}", f"{PART}; {R}", S, S),
    "received": (S, f"{P}; {S}", S, S),
    "results": (f"{P}; {S}", f"{P}; {S}", S, S),
    "message-id": (f"{P}; {R}", f"{P}; {R}", R, P),
    "in-reply-to": (f"{PART}; {P}", P, S, P),
    "references": (PART, P, S, P),
    "date": (P, NOT, R, R),
    "subject": (P, P, P, P),
    "client": (S, S, S, S),
    "list": (f"{PART}; {S}", f"{PART}; {S}", S, R),
    "mime-comment": (P, R, P, R),
    "content": (S, S, P, S),
    "boundary": (P, R, P, R),
    "part": (P, PART, P, P),
    "part-field": (P, R, P, P),
    "content-id": (P, P, P, P),
    "file": (P, P, P, P),
    "filename": (P, P, P, P),
    "nested": (P, P, P, P),
    "smime": (P, P, P, P),
    "signature": (P, P, P, S),
    "key": (P, P, P, P),
    "sealed": (P, f"{P}; {PART}", P, R),
    "body": (f"{P}; {PART}", f"{P}; {PART}", f"{P}; {PART}", P),
    "body-form": (P, f"{P}; {NOT}", f"{P}; {NOT}", P),
    "body-html": (P, P, P, P),
    "written": (P, P, P, P),
    "link": (P, P, PART, P),
    "remote": (P, P, f"{PART}; {P}", P),
    "vacation": (P, f"{P}; {PART}", P, S),
    "report": (PART, S, S, PART),
    "stranger": (NOT, NOT, NOT, NOT),
    "unknown": (NOT, NOT, NOT, NOT),
}
