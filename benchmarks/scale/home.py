"""A user's folder of many instruments: instruments.toml next to a lake."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from marketlake.model.settings import Settings

from ..synthetic import BILL, SOURCE, names, write_lake

_NOBODY: Final = "http://127.0.0.1:9"
"""Where the vendors are said to be: nobody is asked."""

ONE_MORE: Final = "S_ONE_MORE"
"""An instrument whose history is not stored."""

_ENTRY: Final = """[[instrument]]
id = "{name}"
name = "{name}"
asset_class = "{asset_class}"
calendar = "XNYS"
quote_currency = "USD"
return_basis = "price"
since = {first_year}-01-01
sources = [{{ source = "{source}", symbol = "{symbol}" }}]
"""


def make_home(folder: Path, symbols: int, first_year: int, day: date) -> int:
    """Write the configuration, and bars of all sessions before the day; returns how many."""
    configure(folder, first_year, symbols)
    return write_lake(folder / "data", symbols, first_year, day)


def configure(folder: Path, first_year: int, symbols: int, *, one_more: bool = False) -> None:
    """Write instruments.toml with these shares and the bill; `one_more` lists the first share again."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = [(name, name, "equity") for name in names(symbols)] + [(BILL, BILL, "rate")]
    entries += [(ONE_MORE, names(1)[0], "equity")] * one_more
    texts = [
        _ENTRY.format(name=name, symbol=symbol, asset_class=asset_class, first_year=first_year, source=SOURCE)
        for name, symbol, asset_class in entries
    ]
    # written next to it, then moved over it: a copy of the folder shares the file
    new_file = folder / "instruments.toml.new"
    new_file.write_text("\n".join(texts))
    new_file.replace(folder / "instruments.toml")


def settings(folder: Path, day: date, *, reverify_days: int = 0) -> Settings:
    """As of the evening after the day's session; instruments.toml is not read yet."""
    return Settings(
        home=folder,
        lake=folder / "data",
        now=evening(day),
        source_url=_NOBODY,
        reverify_days=reverify_days,
    )


def evening(day: date) -> datetime:
    """Seven hours after New York's close, about."""
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=28)
