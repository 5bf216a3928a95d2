"""Keys in the configuration: who must have one, and what is no public key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.folder import changed, problems


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        ('counselor = "alias"', 'counselor = "openpgp"', "authentication.counselor is 'openpgp'"),
        (
            "[authentication]",
            '[openpgp]\ncounselors = "required"\n[authentication]',
            "openpgp.counselors is 'required'",
        ),
    ],
)
def test_who_must_have_a_key_and_has_none_is_named(old: str, new: str, because: str, tmp_path: Path) -> None:
    """Each counselor at their place in the file."""
    found = problems(changed(tmp_path, (old, new)))
    assert len(found) == 2
    assert all(f"openpgp_key: is missing, and {because}; give their public key" in each for each in found)


def test_a_supervisor_must_have_one_by_the_same_policy(tmp_path: Path) -> None:
    """And is named at their place in the file."""
    people = '[[supervisor]]\nid = "s"\npseudonym = "Oak"\naddress = "vera@super.test"\n\n[[counselor]]'
    required = ("[authentication]", '[openpgp]\ncounselors = "required"\n[authentication]')
    found = problems(changed(tmp_path, required, ("[[counselor]]", people)))
    assert sum("supervisor[1].openpgp_key: is missing" in each for each in found) == 1


def test_a_key_that_is_not_there_or_secret_is_refused(tmp_path: Path) -> None:
    """A secret key in the hands of the line is nobody's own any more."""
    key = 'duty = ["always"]\nopenpgp_key = "ana.asc"'
    found = problems(changed(tmp_path, ('duty = ["always"]', key)))
    assert len(found) == 1
    assert "openpgp_key" in found[0]
    (tmp_path / "ana.asc").write_text("-----BEGIN PGP PRIVATE KEY BLOCK-----\n")
    found = problems(changed(tmp_path, ('duty = ["always"]', key)))
    assert "holds a secret key" in found[0]
