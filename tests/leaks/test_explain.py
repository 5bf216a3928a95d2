"""Whatever the leak matrix plants is on no output of ``relay explain``, which shows both sides of a message."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relay.config import Settings, load
from relay.domain.addresses import CounselorAddress
from relay.domain.conversations import Side
from relay.explain import as_page, as_text, explain
from tests.leaks import matrix, passage
from tests.leaks.case import RELAYED
from tests.leaks.who import Who
from tests.support.canaries import found
from tests.support.line import COUNSELORS_TOML, RELAY_TOML

NOT_IN_THE_FILE = {"who/envelope-only", "mail/vacation"}
"""What makes these leaks, or none, is the envelope, and a saved message that names no Return-Path holds nothing of it."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("config")
    (folder / "relay.toml").write_text(RELAY_TOML.format(port=25))
    (folder / "counselors.toml").write_text(
        COUNSELORS_TOML.format(ana_duty='["always"]', ben_duty='["always"]', ben_languages='["de"]')
    )
    return load(folder)


def registered(settings: Settings, who: Who) -> Settings:
    """The same service with this author as its first counselor."""
    counselor = settings.counselor[0].model_copy(
        update={
            "name": who.name,
            "address": CounselorAddress.parse(who.address),
            "also_from": (CounselorAddress.parse(who.second),),
            "private": (who.phone, who.handle),
        }
    )
    return replace(settings, counselor=(counselor,))


@pytest.mark.parametrize("side", list(Side))
def test_nothing_that_the_matrix_plants_is_shown(settings: Settings, side: Side) -> None:
    """Every row, as text and as a page."""
    shown: dict[str, list[str]] = {}
    for case, direction in matrix.sent():
        if direction is not side or case.id in NOT_IN_THE_FILE:
            continue
        who = passage.author_of(case, side)
        at = registered(settings, who) if side is Side.COUNSELOR else settings
        report = explain(case.build(who), at, side.value)
        if case.ends != RELAYED and report.received is not None:
            continue  # held until a person lets it go as it is, which is shown too
        words = found(case.planted(who), ["\n".join(as_text(report)).encode(), as_page(report).encode()])
        if words:
            shown[case.id] = words
    assert shown == {}
