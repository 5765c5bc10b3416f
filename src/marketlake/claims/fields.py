"""Reading one entry of `claims.toml`, strictly: its texts end up in SQL results and on pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ..errors import ConfigError

_ID: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_WHEN: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_MOST_ALTERNATIVES: Final = 20


@dataclass(frozen=True)
class Fields:
    """The keys of one entry; every reader raises `ConfigError`, which names the file and the entry."""

    where: str
    entry: Mapping[str, Any]

    def error(self, what: str) -> ConfigError:
        """To be raised: what is wrong with the entry."""
        return ConfigError(f"{self.where}: {what}")

    def check_keys(self, needed: tuple[str, ...], optional: tuple[str, ...]) -> None:
        """Exactly these keys, and those that may be left out."""
        wrong = sorted((set(self.entry) - set(optional)) ^ set(needed))
        if wrong:
            keys = f"{', '.join(needed)} (and {', '.join(optional)}, if wanted)"
            raise self.error(f"needs exactly the keys {keys}; see {wrong[0][:40]!r}")

    def id(self, key: str) -> str:
        """A name that is harmless in SQL and on a page."""
        return self.check_id(key, self.entry[key])

    def check_id(self, key: str, value: object) -> str:
        """The value, where it could be a name."""
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise self.error(f"{key} = {str(value)[:60]!r} must match {_ID.pattern}")
        return value

    def ids(self, key: str, value: object) -> tuple[str, ...]:
        """A list of names."""
        if not isinstance(value, list) or len(value) > _MOST_ALTERNATIVES:
            raise self.error(
                f'{key} must be a list of at most {_MOST_ALTERNATIVES} ids, such as ["NASDAQ100", "QQQ"]'
            )
        return tuple(self.check_id(key, one) for one in value)

    def text(self, key: str) -> str:
        """Printable text."""
        value = self.entry[key]
        if not isinstance(value, str) or not 0 < len(value) <= 500 or not value.isprintable():
            raise self.error(f"{key} must be printable text of 1 to 500 characters")
        return value

    def when(self, key: str) -> str:
        """A year, a month or a date."""
        value = self.entry[key]
        text = value.isoformat() if type(value) is date else value
        if not isinstance(text, str) or not _WHEN.fullmatch(text):
            raise self.error(f"{key} = {str(value)[:60]!r} must look like 2025, 2025-08 or 2025-08-07")
        return text

    def whole(self, key: str, low: int, high: int) -> int:
        """A whole number within limits."""
        value = self.entry[key]
        if type(value) is not int or not low <= value <= high:
            raise self.error(f"{key} = {str(value)[:60]!r} must be a whole number from {low} to {high}")
        return value

    def share(self, key: str) -> float:
        """A fraction above 0 and below 1."""
        value = self.entry[key]
        if type(value) is not float or not 0 < value < 1:
            raise self.error(f"{key} = {str(value)[:60]!r} must be a fraction between 0 and 1, such as 0.03")
        return value

    def span(self) -> tuple[int, int]:
        """The first and the last year claimed."""
        first, last = self.whole("first_year", 1800, 2200), self.whole("last_year", 1800, 2200)
        if not first <= last < first + 200:
            raise self.error(f"last_year = {last} must be first_year = {first} or up to 199 years later")
        return first, last
