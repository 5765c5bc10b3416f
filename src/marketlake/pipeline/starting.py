"""The configuration to start from: the shipped one, narrowed to what is wanted, comments and all."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..errors import UsageError
from ..instruments import ASSET_CLASSES
from ..spelling import nearest

_ENTRY: Final = "[[instrument]]"
_DOLLAR: Final = "USD"
_RATE: Final = """\
[[instrument]]
id = "{code}"
name = "{code} in US dollars"
asset_class = "currency"
calendar = "TARGET"
quote_currency = "USD"
return_basis = "price"
since = 1999-01-04
sources = [{{ source = "ecb", symbol = "{code}/USD" }}]"""
_COLUMN: Final = 26
"""Where the comments of the settings begin."""
_SETTINGS: Final = """\
# Settings of this home. Flags and MARKETLAKE_* variables win over what stands here.

{lake} # where the Parquet goes: a folder, relative to this one, or s3://bucket/prefix
{currency} # what compare, metrics and matrix convert into when not told; each one's own if left out
# batch_size = 50          # instruments fetched by one task
# reverify_days = 30       # once in so many days each whole history is asked for again; 0 is never
# spark_master = "yarn"    # where `--engine spark` runs: a master, or a Spark Connect address sc://host:port

# [requests_per_second]    # per source; 0 does not limit
# yahoo = 2

# [deadline_hours]         # per asset class: hours until a session that is not stored is stale
# crypto = 12
"""


def starting_settings(lake: str = "", currency: str = "") -> str:
    """`marketlake.toml`; what is not given stands there as a comment with its default."""
    place = f"lake = {_quoted(lake)}" if lake else '# lake = "data"'
    money = f"currency = {_quoted(currency)}" if currency else '# currency = "USD"'
    return _SETTINGS.format(lake=f"{place:<{_COLUMN}}", currency=f"{money:<{_COLUMN}}")


def starting_instruments(text: str, wanted: Sequence[str] = (), currency: str = "") -> str:
    """The text with the wanted asset classes and ids alone (all if none), and the currency's rates.

    A heading stays with the first of its entries that does. Raises `UsageError` for an unknown word.
    """
    head, *parts = text.rstrip().split("\n\n")
    entries = {part: _entry(part) for part in parts if _ENTRY in part.splitlines()}
    _assert_known(wanted, {entry["id"] for entry in entries.values()})
    kept, heading = [head], ""
    for part in parts:
        if part not in entries:
            heading = part
        elif not wanted or {entries[part]["id"], entries[part]["asset_class"], "all"} & {*wanted, currency}:
            kept += [heading, part] if heading else [part]
            heading = ""
    ids = {entry["id"] for entry in entries.values()}
    if currency not in {"", _DOLLAR, *ids}:
        kept.append(_RATE.format(code=currency))
    return "\n\n".join(kept) + "\n"


def _entry(part: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(part)["instrument"][0]
    return found


def _assert_known(wanted: Iterable[str], ids: Iterable[str]) -> None:
    known = {*ids, *ASSET_CLASSES, "all"}
    for word in wanted:
        if word not in known:
            raise UsageError(
                f"{word[:40]!r} is neither an asset class ({', '.join(ASSET_CLASSES)}) nor the id of an "
                f"instrument that comes with marketlake; {nearest(word, sorted(ids))}"
            )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
