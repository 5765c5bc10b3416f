"""Adding an entry to `instruments.toml`: judged first, written behind what stands there, in one step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError, UsageError
from ..instruments import MOST_BYTES, Instrument, Universe, load_universe, parse_universe
from ..store.disk import write_bytes
from ..toml_file import parse_toml
from .proposal import Entry

FILE: Final = "instruments.toml"


def entry_text(entry: Entry, remark: str = "") -> str:
    """The entry as TOML, under a remark."""
    lines = [
        *([f"# {remark}"] if remark else []),
        "[[instrument]]",
        *(f"{key} = {_value(value)}" for key, value in entry.items()),
    ]
    return "\n".join(lines) + "\n"


def assert_new(universe: Universe, entry: Entry) -> None:
    """`UsageError` where the id is taken or a source's symbol is listed already, naming the entry."""
    if entry["id"] in universe.by_id:
        raise UsageError(f"{entry['id']} is in instruments.toml already; choose another id with --id")
    wanted = {(one["source"], one["symbol"]) for one in entry["sources"]}
    for instrument in universe.instruments:
        for ref in instrument.sources:
            if (ref.source, ref.symbol) in wanted:
                raise UsageError(
                    f"{ref.symbol} of {ref.source} is in instruments.toml already, as {instrument.id}; "
                    f"ask for that: `marketlake run {instrument.id}`"
                )


def add(home: Path, entry: Entry, remark: str = "") -> Instrument:
    """Write the entry at the end of the file, whose other bytes stay; nothing is written that it refuses.

    Raises `UsageError` for a duplicate, `ConfigError` for what may not stand there, `LakeWriteError`.
    """
    path = home / FILE
    assert_new(load_universe(path), entry)
    before = path.read_bytes()
    gap = b"\n" if before.endswith(b"\n") else b"\n\n"
    after = before + gap + entry_text(entry, remark).encode()
    added = checked(path, after, str(entry["id"]))
    write_bytes(path, after)
    return added


def checked(path: Path, content: bytes, instrument_id: str) -> Instrument:
    """The instrument as the file would have it; `ConfigError` where the file could not be read any more."""
    try:
        return parse_universe(path, parse_toml(path, content, MOST_BYTES)).get(instrument_id)
    except ConfigError as error:
        raise ConfigError(f"the entry was not written: {error}") from error


def _value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    # printable text is the same in JSON and in TOML
    return json.dumps(str(value), ensure_ascii=False)
