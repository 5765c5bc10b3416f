"""Settings: flag > environment > `marketlake.toml` > default."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from .clock import Clock, PinnedClock, SystemClock
from .errors import ConfigError, UsageError, without_secrets
from .instruments import Universe, load_universe
from .location import copies_folder, is_url, parse_address
from .toml_file import read_toml

LIVE, SIMULATED = "live", "simulated"
_KEYS: Final = (
    "lake",
    "currency",
    "source_url",
    "batch_size",
    "reverify_days",
    "requests_per_second",
    "deadline_hours",
    "spark_master",
)
_SPARK: Final = re.compile(r"local(\[[\d*,]+\])?|yarn|(sc|spark|k8s)://\S+")
_FIRST_YEAR, _LAST_YEAR = 1971, 2099
DEADLINE_HOURS: Final = 12.0
"""A run starts within six hours of a close; two retries of each source take up to six more."""
KEY_VARIABLES: Final[Mapping[str, str]] = {"tiingo": "TIINGO_API_KEY"}
"""By source, the environment variable with its key."""
_KEY: Final = re.compile(r"[!-~]{1,400}")
_LIVE_RATES: Final = {
    "yahoo": 2.0,
    "binance": 5.0,
    "binance-archive": 5.0,
    "coinbaseexchange": 5.0,
    "ecb": 1.0,
    "fred": 1.0,
}


@dataclass(frozen=True)
class Settings:
    """Where things are, and the request rates."""

    home: Path
    """The folder with instruments.toml, claims.toml and marketlake.toml."""
    lake: Path
    """The lake's folder; for a lake in a bucket, the folder with this machine's copy of it."""
    currency: str | None = None
    """Default currency of comparisons on the command line; None is each one's own."""
    now: datetime | None = None
    """Pins the clock; None follows the machine's."""
    source_url: str | None = None
    """One address that every client is pointed at instead of the vendors."""
    batch_size: int = 50
    """Instruments fetched by one task and persisted in one raw file."""
    reverify_days: int = 30
    """An instrument's whole history is fetched again once in so many days; 0 is never."""
    requests_per_second: Mapping[str, float] = field(default_factory=dict)
    """By source; 0 does not limit. What is not named has a default."""
    deadlines: Mapping[str, float] = field(default_factory=dict)
    """Hours by asset class within which a finished session is to be stored."""
    limiter_url: str | None = field(default=None, repr=False)
    """The Redis with the queue that all machines share; None queues on this machine. Holds a password."""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By source, the key that its vendor asks for; a source without its key is skipped."""
    spark_master: str | None = None
    """Where `--engine spark` runs; None is spark-submit's setting, else this machine."""

    @property
    def origin(self) -> str:
        """`simulated` when the clients are pointed at a simulator, else `live`."""
        return SIMULATED if self.source_url else LIVE

    @property
    def clock(self) -> Clock:
        """The machine's clock, or the pinned one."""
        return PinnedClock(self.now) if self.now else SystemClock()

    @cached_property
    def universe(self) -> Universe:
        """The content of instruments.toml when it was first read, with missing keys marked."""
        missing = {source: name for source, name in KEY_VARIABLES.items() if source not in self.keys}
        return load_universe(self.home / "instruments.toml").without_keys(missing)

    def rate(self, source: str) -> float:
        """Requests a second that the source is sent at most; 0 is no limit."""
        default = 0.0 if self.source_url else _LIVE_RATES.get(source, 1.0)
        return self.requests_per_second.get(source, default)

    def deadline_hours(self, asset_class: str) -> float:
        """Hours after a session's figures are out within which it is to be stored."""
        return self.deadlines.get(asset_class, DEADLINE_HOURS)


def load_settings(
    *,
    home: Path | None = None,
    lake: Path | str | None = None,
    now: str | None = None,
    source_url: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Resolve the settings; `ConfigError` or `UsageError` says which one is wrong and how it should
    look."""
    folder = (home or Path(environ.get("MARKETLAKE_HOME") or ".")).expanduser().resolve()
    path = folder / "marketlake.toml"
    written = read_toml(path) if path.exists() else {}
    unknown = sorted(set(written) - set(_KEYS))
    if unknown:
        raise ConfigError(f"{path}: unknown key {unknown[0][:40]!r}; known: {', '.join(_KEYS)}")
    lake_text = str(lake or environ.get("MARKETLAKE_LAKE") or written.get("lake") or "data")
    moment = now or environ.get("MARKETLAKE_NOW")
    master = environ.get("MARKETLAKE_SPARK_MASTER") or written.get("spark_master")
    url = source_url or environ.get("MARKETLAKE_SOURCE_URL") or written.get("source_url")
    return Settings(
        home=folder,
        lake=_place(folder, lake_text, environ),
        currency=_currency(path, written.get("currency")),
        now=parse_instant(moment) if moment else None,
        source_url=_http_url(url) if url else None,
        batch_size=_batch_size(path, written.get("batch_size", 50)),
        reverify_days=_reverify_days(path, written.get("reverify_days", 30)),
        requests_per_second=_numbers(path, written, "requests_per_second", "source"),
        deadlines=_numbers(path, written, "deadline_hours", "asset class"),
        limiter_url=_redis_url(environ.get("MARKETLAKE_LIMITER_URL")),
        keys=_keys(environ),
        spark_master=_spark_master(master) if master else None,
    )


def _place(home: Path, text: str, environ: Mapping[str, str]) -> Path:
    if is_url(text):
        return parse_address(text).folder(copies_folder(environ))
    folder = (home / Path(text).expanduser()).resolve()
    if "?" in str(folder):
        raise ConfigError(
            f"lake {str(folder)!r}: DuckDB opens no path with a question mark; choose another folder"
        )
    return folder


def parse_instant(text: str) -> datetime:
    """ISO 8601 to an aware UTC datetime (UTC where no offset is given)."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text[:60]!r} is not a moment; write it like 2026-01-02T12:00Z") from None
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        raise UsageError(f"{text[:60]!r} is not a moment from {_FIRST_YEAR} to {_LAST_YEAR}")
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _http_url(value: object) -> str:
    try:
        parts = urlsplit(str(value))
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        parts = urlsplit("")
    extras = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not parts.hostname or extras:
        raise ConfigError(
            f"source_url {without_secrets(str(value))[:80]!r} must look like http://127.0.0.1:8765"
        )
    return str(value).rstrip("/")


def _currency(path: Path, value: object) -> str | None:
    if value is None or (isinstance(value, str) and len(value) == 3 and value.isalpha() and value.isupper()):
        return value
    raise ConfigError(f"{path}: currency = {str(value)[:20]!r} must be an ISO code such as EUR")


def _redis_url(value: str | None) -> str | None:
    """Only from the environment: it holds a password."""
    if not value:
        return None
    try:
        parts = urlsplit(value)
        known = parts.scheme in {"redis", "rediss"} and parts.hostname and (parts.port or 1)
    except ValueError:
        known = None
    if not known:
        raise ConfigError(
            "MARKETLAKE_LIMITER_URL must look like redis://redis:6379/1, with :PASSWORD@ (percent-encoded) "
            "before the host where it has one"
        )
    return value


def _keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The keys that can be sent in a header; only from the environment."""
    found = {source: environ.get(name, "").strip() for source, name in KEY_VARIABLES.items()}
    return {source: key for source, key in found.items() if _KEY.fullmatch(key)}


def _spark_master(value: object) -> str:
    if not isinstance(value, str) or not _SPARK.fullmatch(value):
        # a Spark Connect address may carry a token after its first semicolon
        shown = without_secrets(str(value).split(";", 1)[0])[:80]
        raise ConfigError(
            f"spark_master {shown!r} must look like local[4], spark://host:7077, yarn, or sc://host:15002"
        )
    return value


def _batch_size(path: Path, value: object) -> int:
    if not isinstance(value, int) or not 1 <= value <= 1000:
        raise ConfigError(f"{path}: batch_size must be a whole number from 1 to 1000")
    return value


def _reverify_days(path: Path, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 3650:
        raise ConfigError(f"{path}: reverify_days must be a whole number from 0 (never) to 3650")
    return value


def _numbers(path: Path, written: Mapping[str, Any], key: str, each: str) -> dict[str, float]:
    value = written.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(v, int | float) and v >= 0 for v in value.values()):
        raise ConfigError(f"{path}: [{key}] must give each {each} a number of 0 or more")
    return {str(name): float(number) for name, number in value.items()}
