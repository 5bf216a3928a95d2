"""Write the parts of the documentation that come from the code: ``make docs``. A test fails when they are stale."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from relay.domain import conversations, deliveries, entries
from relay.domain.tables import diagram
from relay.edge.store.inventory import INVENTORY, Field
from relay.edge.store.tables import metadata
from relay.flow.values import Reason
from relay.log import FIELDS, MEANINGS, Event
from relay.mail.texts import Texts
from relay.resources import folder

DOCS = Path(__file__).parent
if str(DOCS.parent) not in sys.path:
    sys.path.insert(0, str(DOCS.parent))


def events() -> str:
    """``events.md``: the closed list of what the log can hold."""
    texts = Texts.load(folder("templates"))
    lines = [
        "# Every line the log can hold",
        "",
        "Generated from `relay/log.py` by `make docs`. Each line is one JSON object on standard error with `event`, `at`",
        "(UTC), `severity` and fields from the list below; nothing else can be logged.",
        "",
        "| event | meaning |",
        "| --- | --- |",
        *(f"| `{event.value}` | {MEANINGS[event]} |" for event in Event),
        "",
        "Fields: " + ", ".join(f"`{name}`" for name in sorted(FIELDS)) + ".",
        "",
        "`entry`, `delivery` and `conversation` are six hex digits of a hash whose key is made at every start: they follow",
        "one message through one run of the daemon and mean nothing outside it.",
        "",
        "## Why a message was held or absorbed",
        "",
        "| reason | in words |",
        "| --- | --- |",
        *(f"| `{reason.value}` | {texts.word(f'reason.{reason.value}', 'en')} |" for reason in Reason),
        "",
    ]
    return "\n".join(lines)


def states() -> str:
    """The state pictures of ``architecture.md``."""
    pictures = [
        ("Conversation", conversations.TABLE),
        ("Entry", entries.TABLE),
        ("Delivery", deliveries.TABLE),
    ]
    return "\n\n".join(f"### {name}\n\n```mermaid\n{diagram(table)}\n```" for name, table in pictures)


def architecture() -> str:
    """``architecture.md`` with the pictures as they are now."""
    text = (DOCS / "architecture.md").read_text("utf-8")
    return re.sub(
        r"<!-- states -->.*<!-- /states -->",
        lambda _: f"<!-- states -->\n{states()}\n<!-- /states -->",
        text,
        flags=re.DOTALL,
    )


def standards() -> str:
    """``standards.md``: every clause that is cited, what becomes of it, and where. Raises ``LookupError`` where that is not decided."""
    from docs.standards import page
    from docs.standards_status import STATUS, TITLES

    return page(TITLES, STATUS)


def leaks() -> str:
    """``leaks.md``: the table of the leak tests, and what all this costs, as measured in ``performance.md``."""
    from tests.leaks.matrix import page

    figures = (DOCS / "performance.md").read_text("utf-8")
    measured = figures.partition("## The cost of one message\n")[2].partition("\n## ")[0]
    cost = f"## What it costs\n\nFrom [how fast](performance.md#the-cost-of-one-message).\n{measured.rstrip()}\n\n"
    last = "## Where we are not better\n"
    return page().replace(last, cost + last)


def data() -> str:
    """``data.md``: every stored field, from the inventory. Raises ``LookupError`` when it does not name every column."""
    known = {table.name: set(table.columns.keys()) for table in metadata.sorted_tables}
    missing = [f"{name}.{each}" for name, columns in known.items()
               for each in columns - (INVENTORY[name].fields.keys() if name in INVENTORY else set())]  # fmt: skip
    if missing:
        raise LookupError(f"not in relay/edge/store/inventory: {', '.join(sorted(missing))}")
    lines = [
        "# Everything that is stored, field by field",
        "",
        "Generated from `relay/edge/store/inventory` by `make docs`. `relay disclose --everything` shows with these words what is really",
        "there, and tests compare both with the database.",
        "",
        "*Sealed* is encrypted and bound to its table, column and row: only the running relay and whoever has the master key can open it, and",
        "nobody once its data key is destroyed. A *blind index* is a keyed hash: equal values find each other, and without the master key",
        "nobody can try whether a guess is right. What is in *clear* names nobody. Names like `held_days` are keys of `[retention]`.",
    ]
    for name, kept in INVENTORY.items():
        lines += [
            "",
            f"## {name}",
            "",
            f"{kept.purpose}. Kept: {kept.life}.",
            "",
            "| field | what for | how | until |",
            "| --- | --- | --- | --- |",
        ]
        lines += [
            f"| `{column}` | {field.purpose} | {_how(field)} | {field.life or 'with its row'} |"
            for column, field in kept.fields.items()
        ]
    return "\n".join([*lines, "", *BESIDE_THE_DATABASE, ""])


def _how(field: Field) -> str:
    words = [word for word in dict.fromkeys(field.words) if len(field.words) <= 12]
    return f"{field.held.value}: {', '.join(words)}" if words else field.held.value


BESIDE_THE_DATABASE = (
    "## Beside the database",
    "",
    "| what | where | until |",
    "| --- | --- | --- |",
    "| the master key | `storage.master_key_file` | as long as the database |",
    "| the database's journal (`-wal`, `-shm`): pages as they are in the database, sealed | beside it | cut off every hour, and within seconds after somebody was forgotten |",
    "| the embedded database as it was before its last upgrade, without data keys and what is found by an address alone | beside it, `.before-upgrade-` and a number | until the next upgrade, or until the operator removes it |",
    "| the lock of the running relay, empty | beside the database | while it runs |",
    "| counselors, supervisors, operator: addresses, names, what is private of them | `counselors.toml`, `relay.toml` | until the operator changes it |",
    "| DKIM keys, keys of counselors, the folder of the OpenPGP engine (public keys while they are used) | where the configuration says | as above |",
    "| the log: [events](events.md) with counts, codes and reasons; nobody's address, name, subject or words | standard error, the machine's journal | as the machine keeps it |",
    "| messages under way, in memory only | the process, its workers | until they are settled; none of our processes writes a core dump, and under the systemd unit nothing is swapped |",
)

GENERATED = {
    "standards.md": standards,
    "events.md": events,
    "architecture.md": architecture,
    "leaks.md": leaks,
    "data.md": data,
}


def main() -> None:
    """Write all of them."""
    for name, make in GENERATED.items():
        (DOCS / name).write_text(make(), "utf-8")


if __name__ == "__main__":
    main()
