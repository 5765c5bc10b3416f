"""Options that several commands share, and the functions that resolve them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

import click

from ..model.errors import MarketlakeError, UsageError
from ..model.settings import Settings, load_settings
from ..model.terms import BASES, CONVENTIONS, FREQUENCIES, SESSIONS
from ..model.toml_file import read_toml

if TYPE_CHECKING:
    from ..engine.mart_maker import Maker
    from ..lake import Lake
    from ..model.terms import Options

Format = Literal["table", "json", "csv", "markdown"]
"""How a table is printed."""
PATH: Final = click.Path(path_type=Path)


def complete_ids(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Configured instrument ids with this prefix, for shell completion; none on a ConfigError."""
    try:
        ids = [one.id for one in load_settings(home=context.params.get("home")).universe.instruments]
    except MarketlakeError:
        return []
    return [name for name in ids if name.startswith(incomplete.upper())]


def complete_claims(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Configured claims with this prefix, for shell completion; none on a ConfigError."""
    try:
        home = load_settings(home=context.params.get("home")).home
        entries = read_toml(home / "claims.toml").get("claim", [])
    except MarketlakeError:
        return []
    ids = [str(one.get("id", "")) for one in entries if isinstance(one, dict)]
    return [name for name in ids if name.startswith(incomplete.upper())]


_SETTINGS: Final = {
    "home": click.option(
        "--home", type=PATH, help="Folder of instruments.toml and claims.toml [env: MARKETLAKE_HOME]."
    ),
    "lake": click.option(
        "--lake",
        type=PATH,
        help="Folder or s3://bucket/prefix [env: MARKETLAKE_LAKE; default: HOME/data].",
    ),
    "now": click.option("--now", help="Fix the clock, such as 2026-01-02T12:00Z [env: MARKETLAKE_NOW]."),
    "source_url": click.option(
        "--source-url", help="Use this address instead of the vendors [env: MARKETLAKE_SOURCE_URL]."
    ),
}
"""By name, as `load_settings` takes them."""
now_option = _SETTINGS["now"]
engine_option = click.option(
    "--engine",
    type=click.Choice(("duckdb", "spark")),
    default="duckdb",
    help="SQL engine; address of Spark: [env: MARKETLAKE_SPARK_MASTER].",
)
format_option = click.option(
    "--format", "output", type=click.Choice(get_args(Format)), default="table", help="Output format."
)
ids_argument = click.argument(
    "ids",
    nargs=-1,
    help="Instruments, by id or symbol; default: all of instruments.toml.",
    shell_complete=complete_ids,
)
with_returns_argument = click.argument(
    "ids",
    nargs=-1,
    help="Instrument ids; default: all that have a return.",
    shell_complete=complete_ids,
)
named_argument = click.argument(
    "ids",
    nargs=-1,
    required=True,
    help="Instruments, by id or symbol, in any case, such as BTC NASDAQ GOLD.",
    shell_complete=complete_ids,
)
start_option = click.option("--from", "start", help="First year or day; default: as early as possible.")
end_option = click.option("--to", "end", help="Last year or day; default: as late as possible.")
last_session_option = click.option(
    "--to", "end", help="Last year or session; default: the last finished one."
)
currency_option = click.option("--currency", help="Convert to this currency at reference rates.")
basis_option = click.option(
    "--basis", type=click.Choice(BASES), default="price", help="Price return, or total return with dividends."
)
real_option = click.option("--real", is_flag=True, help="Adjust for consumer prices of the currency.")
convention_option = click.option(
    "--convention",
    type=click.Choice(CONVENTIONS),
    default="year_end",
    help="How a calendar year's return is measured.",
)
sessions_option = click.option(
    "--sessions",
    type=click.Choice(SESSIONS),
    default="own",
    help="Each instrument's own sessions, or shared ones.",
)
frequency_option = click.option(
    "--frequency",
    type=click.Choice(FREQUENCIES),
    default="daily",
    help="Frequency of returns for risk and correlation.",
)
benchmark_option = click.option(
    "--benchmark",
    help="Also show beta, alpha, capture, ... against this id.",
    shell_complete=complete_ids,
)
risk_free_option = click.option(
    "--risk-free", help="Annual rate such as 0.02, or a 13-week bill such as TBILL_13W."
)
as_of_option = click.option("--as-of", help="Only data known at this moment, such as 2024-06-30.")
strict_option = click.option(
    "--strict", is_flag=True, help="With --as-of: only data this lake had seen by then."
)
since_option = click.option(
    "--since", required=True, help="A moment, such as 2026-01-02T12:00Z or 2026-01-02."
)
until_option = click.option("--until", help="A later moment; default: now.")


def settings_options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """These options of the settings; the command takes the resolved `settings`."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def command(**given: Any) -> None:
            flags = {name: given.pop(name) for name in names}
            function(settings=load_settings(**flags), **given)

        for name in reversed(names):
            command = _SETTINGS[name](command)
        return command

    return decorate


def lake_of(settings: Settings, engine: str = "duckdb") -> Lake:
    """The lake of the settings, read by this engine."""
    from ..lake import Lake

    if engine == "duckdb":
        return Lake(settings.lake)
    from ..engine.spark import SparkEngine

    return Lake(settings.lake, SparkEngine(settings.universe, settings.clock.now(), settings.spark_master))


def maker_of(name: str, settings: Settings) -> Maker:
    """The maker of marts for this engine."""
    if name == "duckdb":
        from ..engine.mart_maker import DuckMaker

        return DuckMaker()
    from ..engine.spark import SparkMaker

    return SparkMaker(settings.spark_master)


def given(**options: Any) -> Options:
    """The options with a value, as `Lake` takes them."""
    return cast("Options", {name: value for name, value in options.items() if value is not None})


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
