"""Which form a directory has, and the reader for it.

Called by ``command`` with the files that ``archive`` collected. Raises ``ConfigError`` only when nothing in them is a
directory; everything else is in the ``Reading``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from relay.errors import ConfigError
from relay.referrals import helplines, hsds1, hsds3, ohana, sheet
from relay.referrals.archive import Source
from relay.referrals.context import Context
from relay.referrals.findings import Reading, listed
from relay.referrals.mapping import OWN_NAMES, Mapping
from relay.referrals.records import Document, read_json
from relay.referrals.tables import Table, Tables, decoded, read_csv


def read(sources: Sequence[Source], context: Context, mapping: Mapping | None = None) -> Reading:
    """Read a directory, whatever its form. Raises ``ConfigError``."""
    reading = Reading("")
    sources = _described(sources)
    if mapping is not None:
        return sheet.read(_the_sheet(sources), mapping, context, reading)
    sources = _one_folder(sources)
    texts = [each for each in sources if not each.is_json]
    if any(each.stem in {"service", "services"} for each in texts):
        found = _tables(texts, context, reading)
        if found is not None:
            return found
    documents = [
        (each, read_json(decoded(each.raw, each.name, reading), each.name, reading))
        for each in sources
        if each.is_json and each.stem not in {"datapackage", "index", "package"}
    ]
    if documents and not (len(texts) == 1 and len(sources) > len(documents)):
        return _json(documents, context, reading)
    return sheet.read(_the_sheet(texts or sources), OWN_NAMES, context, reading)


def _json(documents: Sequence[tuple[Source, Document]], context: Context, reading: Reading) -> Reading:
    lines = [pair for pair in documents if helplines.is_one(pair[1])]
    if lines:
        return helplines.read(lines, context, reading)
    found = hsds3.from_json(documents, context, reading)
    if not found.entries and not found.findings:
        names = listed(source.name for source, _ in documents)
        raise ConfigError(
            (f"{names}: holds no service; give the file of the services, of HSDS or open-helplines",)
        )
    return found


def _tables(sources: Sequence[Source], context: Context, reading: Reading) -> Reading | None:
    """The tables of HSDS or Ohana; ``None`` when its services are none."""
    by_stem: dict[str, Table] = {}
    for each in sources:
        if each.stem in hsds3.NAMES or each.stem in hsds1.OLD_NAMES or each.stem in ohana.NAMES:
            by_stem[each.stem] = read_csv(each.stem, each.name, each.raw, reading)
    services = by_stem.get("services") or by_stem.get("service")
    if services is None or not {"id", "name"} <= set(services.columns):
        reading.findings.clear()
        return None
    if "location_id" in services.columns:
        return ohana.from_tables_ohana(_named(by_stem, ohana.NAMES), context, reading)
    if {PurePosixPath(each.name).stem.casefold() for each in sources} & hsds1.SIGNS:
        return hsds1.from_tables_1(_named(by_stem, hsds3.NAMES | hsds1.OLD_NAMES), context, reading)
    return hsds3.from_tables(_named(by_stem, hsds3.NAMES), context, reading)


def _named(by_stem: dict[str, Table], names: dict[str, str]) -> Tables:
    return {names[stem]: table for stem, table in by_stem.items() if stem in names}


def _one_folder(sources: Sequence[Source]) -> Sequence[Source]:
    """An archive may hold a directory several times, which must not be mixed. Raises ``ConfigError``."""
    homes = {each.folder for each in sources if each.stem in {"service", "services"}}
    if len(homes) > 1:
        folders = listed(sorted(folder or "." for folder in homes))
        raise ConfigError(
            (f"the zip holds several directories ({folders}); unpack it and give one of the folders",)
        )
    return [each for each in sources if each.folder in homes] if homes else sources


def _described(sources: Sequence[Source]) -> Sequence[Source]:
    """The files under the names that a ``datapackage.json`` beside them gives; its paths are only compared."""
    names: dict[tuple[str, str], str] = {}
    for each in sources:
        if each.is_json and each.stem == "datapackage":
            document = read_json(decoded(each.raw, each.name, Reading("")), each.name, Reading(""))
            for record in document.records:
                if record.key == "resources" and isinstance(record.value, dict):
                    path, name = record.value.get("path"), record.value.get("name")
                    if isinstance(path, str) and isinstance(name, str):
                        names[each.folder, path.rpartition("/")[2]] = name.casefold()
    return [replace(each, table=names.get((each.folder, each.name), "")) for each in sources]


def _the_sheet(sources: Sequence[Source]) -> Source:
    """A mapping is for one sheet. Raises ``ConfigError``."""
    sheets = [each for each in sources if not each.is_json]
    if len(sheets) != 1:
        names = listed(each.name for each in sheets[:6]) or "none"
        raise ConfigError(
            (f"one CSV file is needed for a sheet; here are {len(sheets)}: {names}; name the one",)
        )
    return sheets[0]
