"""How Alembic runs our migrations: on the connection and in the transaction that the store gives it."""

from __future__ import annotations

from alembic import context

# SQLite can undo changes of a schema like any other; Alembic only believes otherwise. It is told, so that
# a migration that fails or is killed half-way leaves the database as it was.
context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
