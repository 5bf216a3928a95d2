"""Entries as directories have them, for the golden replies: each shows something that another does not."""

from __future__ import annotations

from datetime import date

from relay.domain.referrals import (
    Ages,
    Cost,
    Hours,
    Opening,
    Phone,
    PhoneKind,
    Reach,
    Referral,
    Where,
)

HUB = Referral(
    "leeds",
    "hub",
    "Open Door Youth Hub",
    line="Groups and one-to-one support for LGBT+ young people.",
    topics=("lgbt", "youth"),
    languages=("en", "pl"),
    where=Where(Reach.LOCAL, ("Leeds",), ("West Yorkshire",), ("GB",)),
    phones=(
        Phone("0113 496 0000", "GB"),
        Phone("0113 496 0001", "GB", PhoneKind.TEXTPHONE),
        Phone("0113 496 0002", "GB", PhoneKind.FAX),
    ),
    web="https://hub.example.org/join?utm_source=directory&group=3",
    mail="hub@hub.example.org",
    hours=Hours((Opening((0, 1, 2, 4), 600, 1020), Opening((5,), 1080, 120)), "closed on public holidays"),
    cost=Cost.FREE,
    ages=Ages(12, 25),
    alert="In August the hub is at 2 Low Street; see www.hub.example.org/move?fbclid=xyz",
    verified=date(2026, 5, 3),
    number=412,
)
"""Everything at once."""

LINE = Referral(
    "national",
    "line",
    "Night Listeners",
    line="Somebody who listens.",
    languages=("en",),
    where=Where(Reach.NATIONAL, (), (), ("GB",), is_online=True),
    phones=(
        Phone("116 123", "GB"),
        Phone("0800 111 222", "GB", note="free from mobiles"),
        Phone("85258", "GB", PhoneKind.TEXT),
    ),
    hours=Hours((Opening((0, 1, 2, 3, 4, 5, 6), 0, 1440),)),
    ages=Ages(18, None),
    verified=date(2026, 1, 31),
    number=97,
)
"""Day and night, short and free numbers, which work in their country only."""

OFFICE = Referral(
    "valley",
    "office",
    "Valley Legal Aid",
    line="Advice about housing and work.",
    languages=("es", "mam"),
    where=Where(Reach.REGION, (), ("California",), ("US",)),
    phones=(Phone("+16505550123", "US"),),
    hours=Hours((Opening((0, 1, 2, 3, 4), 510, 1050),)),
    cost=Cost.LOW,
    cost_note="by income",
    ages=Ages(None, 24),
    number=8,
)
"""A country with many time zones, a language without a name of ours, a number in E.164, never checked."""

DOOR = Referral(
    "leeds",
    "door",
    "The Drop-in",
    line="Tea, and a warm room.",
    address="3 High Street, Leeds",
    where=Where(Reach.LOCAL, ("Leeds",), ("West Yorkshire",), ("GB",)),
    hours=Hours((Opening((1, 3), 840, 960),)),
    cost=Cost.PAID,
    cost_note="£2",
    verified=date(2025, 12, 1),
    number=5,
)
"""Nothing but a door."""

ALL = (HUB, LINE, OFFICE, DOOR)
