"""The section ``[backup]``: for whom backups are encrypted, and where the keys are kept that no backup has."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from relay.config import fields
from relay.config.section import Section


class BackupSection(Section):
    """Backups ('relay backup'). They hold neither the master key nor data keys, so that who was forgotten is forgotten
    in them, too; docs/backup.md says what to keep where.
    """

    recipients: tuple[fields.AgeRecipient, ...] = Field(
        default=(),
        description="Public keys of age (age1…) of whoever may open a backup; 'age-keygen' makes one. Keep the secret "
        "key away from this machine.",
        examples=[["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]],
    )
    openpgp_key: fields.FilePath | None = Field(
        default=None,
        description="Or a public OpenPGP key, alone in a file; backups are then encrypted with gpg.",
        examples=["backup.asc"],
    )
    keys_copy: fields.FilePath | None = Field(
        default=None,
        description="Where the one copy of the data keys is kept, without which no backup can be read. Best on a disk "
        "of another machine, and never in anything that keeps older versions: it is replaced as soon as somebody is "
        "forgotten, and every five minutes.",
        examples=["/mnt/keys/relay.keys"],
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.recipients and self.openpgp_key is not None:
            raise ValueError("has both recipients and an openpgp_key; choose one")
        if (self.recipients or self.openpgp_key) and self.keys_copy is None:
            raise ValueError("has no keys_copy: without a copy of the data keys no backup can ever be read")
        return self
