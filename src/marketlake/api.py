"""The Python interface: `import marketlake as ml; lake = ml.open()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import claims, query
from .errors import UsageError
from .query import Comparison
from .query.metric_answer import Metrics
from .query.metrics import metrics as measure
from .settings import load_settings, parse_instant

if TYPE_CHECKING:
    import pyarrow as pa

    from .portfolio import Plan, PortfolioAnswer

Day = date | str
Moment = datetime | str


@dataclass(frozen=True)
class Lake:
    """One lake, to be asked; every answer reads what is published at that moment.

    Tables are `pyarrow.Table`: `.to_pandas()` for pandas, `polars.from_arrow(table)` for polars. A session is
    a date (or its ISO text), a moment a datetime (or its ISO text; UTC where it has no offset). Errors are
    those of `marketlake.errors`.
    """

    path: Path

    def prices(
        self,
        ids: Sequence[str],
        *,
        start: Day | None = None,
        end: Day | None = None,
        basis: str = "as_traded",
        currency: str | None = None,
        as_of: Moment | None = None,
        strict: bool = False,
    ) -> pa.Table:
        """Bars as traded, or the index of a basis, a row an instrument and session: see `query.prices`."""
        return query.prices(
            self.path,
            [ids] if isinstance(ids, str) else ids,
            start=_day(start),
            end=_day(end),
            basis=basis,
            currency=currency,
            as_of=_moment(as_of),
            strict=strict,
        )

    def compare(
        self,
        a: str,
        b: str,
        *,
        first_year: int | None = None,
        last_year: int | None = None,
        currency: str | None = None,
        basis: str = "price",
        real: bool = False,
        convention: str = "year_end",
        sessions: str = "own",
        as_of: Moment | None = None,
        strict: bool = False,
    ) -> Comparison:
        """Two instruments by calendar year, as fractions: see `query.compare`."""
        return query.compare(
            self.path,
            a,
            b,
            first_year=first_year,
            last_year=last_year,
            currency=currency,
            basis=basis,
            real=real,
            convention=convention,
            sessions=sessions,
            as_of=_moment(as_of),
            strict=strict,
        )

    def claims(self, claim_id: str | None = None) -> tuple[claims.Entry, ...]:
        """The claim ledger of the last build, or one claim of it: see `claims.read_ledger`."""
        return claims.read_ledger(self.path, claim_id)

    def metrics(
        self,
        ids: Sequence[str],
        *,
        start: Day | None = None,
        end: Day | None = None,
        benchmark: str | None = None,
        frequency: str = "daily",
        basis: str = "price",
        currency: str | None = None,
        real: bool = False,
        risk_free: float | str = 0.0,
        sessions: str = "own",
        annualise: float | None = None,
        deepest: int = 5,
    ) -> Metrics:
        """Return and risk over a window, as fractions: see `query.metrics.metrics`."""
        return measure(
            self.path,
            [ids] if isinstance(ids, str) else ids,
            start=_day(start),
            end=_day(end),
            benchmark=benchmark,
            frequency=frequency,
            basis=basis,
            currency=currency,
            real=real,
            risk_free=risk_free,
            sessions=sessions,
            annualise=annualise,
            deepest=deepest,
        )

    def portfolio(
        self,
        plan: Plan | str,
        terms: Mapping[str, object] | None = None,
        *,
        start: Day | None = None,
        end: Day | None = None,
        currency: str | None = None,
        horizon: int | None = None,
    ) -> PortfolioAnswer:
        """A plan, or its text or file with `terms` (see `portfolio.read_plan`), put to the lake."""
        # imported here: numpy, which the other answers do without
        from .portfolio import portfolio, read_plan

        return portfolio(
            self.path,
            read_plan(plan, terms) if isinstance(plan, str) else plan,
            start=_day(start),
            end=_day(end),
            currency=currency,
            horizon=horizon,
        )

    def sql(self, text: str) -> pa.Table:
        """The answer of one reading statement on `market.duckdb`."""
        return query.sql_table(self.path, text)

    def instruments(self) -> pa.Table:
        """What the lake knows of each instrument, in the order of `instruments.toml`."""
        return query.sql_table(self.path, "FROM instrument ORDER BY rowid")


def open(lake: str | Path | None = None, home: str | Path | None = None) -> Lake:
    """The lake named, else the one that the settings of `home` (default: MARKETLAKE_HOME, else here) name."""
    settings = load_settings(
        home=Path(home) if home is not None else None, lake=Path(lake).resolve() if lake is not None else None
    )
    return Lake(settings.lake)


def _day(day: Day | None) -> date | None:
    if isinstance(day, str):
        try:
            return date.fromisoformat(day)
        except ValueError:
            raise UsageError(f"{day[:40]!r} is not a date; write it like 2024-12-31") from None
    return day.date() if isinstance(day, datetime) else day


def _moment(moment: Moment | None) -> datetime | None:
    if isinstance(moment, str):
        return parse_instant(moment)
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
