"""The inventory: every column that is stored, what for, how it is held, and until when.

``docs/generate.py`` writes ``docs/data.md`` from it; ``disclosing`` shows what exists with its words, and opens what is
sealed as it claims; tests compare it with the schema and with what really lies in the columns. Whoever adds a table or
a column adds it here, or they fail.
"""

from __future__ import annotations

from collections.abc import Mapping

from relay.edge.store.inventory.conversations import CONVERSATIONS
from relay.edge.store.inventory.directory import DIRECTORY
from relay.edge.store.inventory.fields import Field as Field
from relay.edge.store.inventory.fields import Held as Held
from relay.edge.store.inventory.fields import Kept as Kept
from relay.edge.store.inventory.mail import MAIL
from relay.edge.store.inventory.people import PEOPLE

INVENTORY: Mapping[str, Kept] = {**CONVERSATIONS, **MAIL, **PEOPLE, **DIRECTORY}
