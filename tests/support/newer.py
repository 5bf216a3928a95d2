"""``python -m tests.support.newer``: the daemon of the next version, which has a migration more than this one.

It adds a table, a column and an index, as every migration may (``tests.migrations.test_only_adds``), and then holds its
locks for ``RELAY_MIGRATES_S`` seconds, as one does that has a million rows to go through.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from alembic.script import ScriptDirectory

from relay.edge.store import schema
from relay.resources import folder

MIGRATION = '''
"""What the next version brings."""

import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("of_the_next", sa.Column("one", sa.Integer(), primary_key=True))
    for table in ("entries", "deliveries", "conversations"):
        op.add_column(table, sa.Column("of_the_next", sa.Integer(), nullable=True))
    op.create_index("ix_entries_of_the_next", "entries", ["of_the_next"])
    op.execute("SELECT pg_sleep({seconds})")
'''


def extended(place: Path, seconds: float) -> Path:
    """A folder of migrations with one more."""
    shutil.copytree(folder("migrations"), place, ignore=shutil.ignore_patterns("__pycache__"))
    head = ScriptDirectory.from_config(schema.alembic_config()).get_current_head()
    (place / "versions" / "next.py").write_text(MIGRATION.format(head=head, seconds=seconds))
    return place


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        place = extended(Path(name) / "migrations", float(os.environ.get("RELAY_MIGRATES_S", "0")))
        schema.folder = lambda asked: place if asked == "migrations" else folder(asked)
        from relay.cli import main as relay

        return relay()


if __name__ == "__main__":
    sys.exit(main())
