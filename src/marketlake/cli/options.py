"""Options that several commands share, and the functions that resolve them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from ..model.errors import MarketlakeError, UsageError
from ..model.settings import Settings, load_settings
from ..model.toml_file import read_toml

if TYPE_CHECKING:
    from ..engine.mart_maker import Maker
    from ..lake import Lake as OpenLake
    from ..model.terms import Options


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


class Basis(StrEnum):
    """Basis of a return."""

    price = "price"
    total = "total"
    vendor_adjusted = "vendor_adjusted"


class StateBasis(StrEnum):
    """The bases that the stored states of years have."""

    price = "price"
    total = "total"


class Convention(StrEnum):
    """The closes that a calendar year's return runs between."""

    year_end = "year_end"
    first_to_last = "first_to_last"
    december_average = "december_average"


class Sessions(StrEnum):
    """The sessions that returns use."""

    own = "own"
    shared = "shared"


class Frequency(StrEnum):
    """The frequency of returns."""

    daily = "daily"
    weekly = "weekly"
    monthly = "monthly"


class Period(StrEnum):
    """A calendar period."""

    day = "day"
    week = "week"
    month = "month"
    quarter = "quarter"
    year = "year"


def complete_ids(context: typer.Context, incomplete: str) -> list[str]:
    """Configured instrument ids with this prefix, for shell completion; none on a ConfigError."""
    try:
        ids = [
            one.id for one in settings_of(context.params.get("home"), None, None, None).universe.instruments
        ]
    except MarketlakeError:
        return []
    return [name for name in ids if name.startswith(incomplete.upper())]


def complete_claims(context: typer.Context, incomplete: str) -> list[str]:
    """Configured claims with this prefix, for shell completion; none on a ConfigError."""
    try:
        home = settings_of(context.params.get("home"), None, None, None).home
        entries = read_toml(home / "claims.toml").get("claim", [])
    except MarketlakeError:
        return []
    ids = [str(one.get("id", "")) for one in entries if isinstance(one, dict)]
    return [name for name in ids if name.startswith(incomplete.upper())]


class EngineName(StrEnum):
    """The SQL engine."""

    duckdb = "duckdb"
    spark = "spark"


Home = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of instruments.toml and claims.toml [env: MARKETLAKE_HOME]."),
]
Lake = Annotated[
    Path | None,
    typer.Option("--lake", help="Folder or s3://bucket/prefix [env: MARKETLAKE_LAKE; default: HOME/data]."),
]
Now = Annotated[
    str | None,
    typer.Option("--now", help="Fix the clock, such as 2026-01-02T12:00Z [env: MARKETLAKE_NOW]."),
]
SourceUrl = Annotated[
    str | None,
    typer.Option(
        "--source-url", help="Use this address instead of the vendors [env: MARKETLAKE_SOURCE_URL]."
    ),
]
Engine = Annotated[
    EngineName,
    typer.Option("--engine", help="SQL engine; address of Spark: [env: MARKETLAKE_SPARK_MASTER]."),
]
Output = Annotated[Format, typer.Option("--format", help="Output format.")]
Ids = Annotated[
    list[str] | None,
    typer.Argument(
        help="Instruments, by id or symbol; default: all of instruments.toml.", autocompletion=complete_ids
    ),
]
Named = Annotated[
    list[str],
    typer.Argument(
        help="Instruments, by id or symbol, in any case, such as BTC NASDAQ GOLD.",
        autocompletion=complete_ids,
    ),
]
Start = Annotated[
    str | None, typer.Option("--from", help="First year or day; default: as early as possible.")
]
End = Annotated[str | None, typer.Option("--to", help="Last year or day; default: as late as possible.")]
Currency = Annotated[str | None, typer.Option(help="Convert to this currency at reference rates.")]
BasisOption = Annotated[Basis, typer.Option("--basis", help="Price return, or total return with dividends.")]
Real = Annotated[bool, typer.Option("--real", help="Adjust for consumer prices of the currency.")]
ConventionOption = Annotated[
    Convention, typer.Option("--convention", help="How a calendar year's return is measured.")
]
SessionsOption = Annotated[
    Sessions, typer.Option("--sessions", help="Each instrument's own sessions, or shared ones.")
]
FrequencyOption = Annotated[
    Frequency, typer.Option("--frequency", help="Frequency of returns for risk and correlation.")
]
Benchmark = Annotated[
    str | None,
    typer.Option(help="Also show beta, alpha, capture, ... against this id.", autocompletion=complete_ids),
]
RiskFree = Annotated[
    str | None,
    typer.Option(help="Annual rate such as 0.02, or a 13-week bill such as TBILL_13W."),
]
AsOf = Annotated[str | None, typer.Option(help="Only data known at this moment, such as 2024-06-30.")]
Strict = Annotated[bool, typer.Option("--strict", help="With --as-of: only data this lake had seen by then.")]
Since = Annotated[str, typer.Option("--since", help="A moment, such as 2026-01-02T12:00Z or 2026-01-02.")]
Until = Annotated[str | None, typer.Option("--until", help="A later moment; default: now.")]


def settings_of(home: Path | None, lake: Path | None, now: str | None, url: str | None) -> Settings:
    """The settings, with these flags applied."""
    return load_settings(home=home, lake=lake, now=now, source_url=url)


def lake_of(settings: Settings, engine: EngineName = EngineName.duckdb) -> OpenLake:
    """The lake of the settings, read by this engine."""
    from ..lake import Lake as OpenLake

    if engine is EngineName.duckdb:
        return OpenLake(settings.lake)
    from ..engine.spark import SparkEngine

    return OpenLake(
        settings.lake, SparkEngine(settings.universe, settings.clock.now(), settings.spark_master)
    )


def maker_of(name: EngineName, settings: Settings) -> Maker:
    """The maker of marts for this engine."""
    if name is EngineName.duckdb:
        from ..engine.mart_maker import DuckMaker

        return DuckMaker()
    from ..engine.spark import SparkMaker

    return SparkMaker(settings.spark_master)


def given(**options: Any) -> Options:
    """The options with a value, as `Lake` takes them; enumerations become text."""
    present = {name: value for name, value in options.items() if value is not None}
    return cast("Options", {k: str(v) if isinstance(v, StrEnum) else v for k, v in present.items()})


def named(option: str, text: str, labels: Mapping[str, str]) -> str:
    """The key of a name, by itself or by its label, in any case; `UsageError` lists the labels."""
    keys = {_plain(word): key for key, label in labels.items() for word in (key, label)}
    if _plain(text) not in keys:
        raise UsageError(f"{option} {text[:40]!r} is unknown; choose one of: {', '.join(labels.values())}")
    return keys[_plain(text)]


def _plain(text: str) -> str:
    return text.casefold().replace("_", " ").strip()


def risk_free_of(text: str | None) -> float | str | None:
    """A number, or the id of a bill."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def parse_date(text: str) -> date:
    """A date such as 2024-12-31; `UsageError` for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text[:40]!r} is not a date; write it like 2024-12-31") from None


def parse_day(text: str, of_year: str) -> date:
    """A date. A year becomes its day `of_year`, such as 01-01. `UsageError` for anything else."""
    return parse_date(f"{text}-{of_year}" if text.isdigit() and len(text) == 4 else text)


def close_before(text: str) -> date:
    """A date. A year becomes the last day of the year before, where its first return starts."""
    return parse_date(f"{int(text) - 1:04}-12-31" if text.isdigit() and len(text) == 4 else text)
