"""The part of the Python interface that measures: figures of a window, by period, and rolling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import claims
from .answers import changes as change_query
from .answers import explain as explain_query
from .answers import series
from .answers.check import check_lake
from .answers.compare import Comparison, ManyComparison
from .answers.compare import compare as compare_two
from .answers.compare import compare_many as compare_all
from .answers.metrics import metrics as measure
from .answers.prices import prices as read_prices
from .answers.query import sql_table
from .answers.result import Table
from .answers.scoreboard import scoreboard as score
from .model.errors import UsageError
from .model.location import is_url
from .model.moments import Day, Moment, day_of, moment_of
from .model.settings import load_settings

if TYPE_CHECKING:
    from datetime import datetime

    from .answers.changes import Changes
    from .answers.check import LakeCheck
    from .answers.explain import Explanation
    from .answers.matrix import Matrix
    from .answers.metrics import Metrics
    from .answers.scoreboard import Scoreboard
    from .answers.series import CalendarReturns, RollingFigures
    from .portfolio.figures import PortfolioAnswer
    from .portfolio.plan import Plan


@dataclass(frozen=True)
class MeasuredLake:
    """A lake that is asked for return and risk; all figures are fractions."""

    path: Path

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
        annualise_short: bool = False,
        deepest: int = 5,
        as_of: Moment | None = None,
        strict: bool = False,
    ) -> Metrics:
        """Return and risk over a window: see `query.metrics.metrics`."""
        return measure(
            self.path,
            listed(ids),
            start=day_of(start),
            end=day_of(end),
            benchmark=benchmark,
            frequency=frequency,
            basis=basis,
            currency=currency,
            real=real,
            risk_free=risk_free,
            sessions=sessions,
            annualise=annualise,
            annualise_short=annualise_short,
            deepest=deepest,
            as_of=moment_of(as_of),
            strict=strict,
        )

    def scoreboard(
        self,
        start: Day | None = None,
        end: Day | None = None,
        *,
        basis: str = "price",
        ids: Sequence[str] | None = None,
    ) -> Scoreboard:
        """The standard metrics of all instruments: see `query.scoreboard.scoreboard`."""
        return score(
            self.path,
            ids if ids is None else listed(ids),
            start=day_of(start),
            end=day_of(end),
            basis=basis,
        )

    def calendar_returns(
        self,
        ids: Sequence[str],
        *,
        period: str = "month",
        start: Day | None = None,
        end: Day | None = None,
        basis: str = "price",
        currency: str | None = None,
        real: bool = False,
        sessions: str = "own",
        as_of: Moment | None = None,
        strict: bool = False,
    ) -> CalendarReturns:
        """The return of each day, week, month, quarter or year: see `query.series.calendar_returns`."""
        return series.calendar_returns(
            self.path,
            listed(ids),
            period=period,
            start=day_of(start),
            end=day_of(end),
            basis=basis,
            currency=currency,
            real=real,
            sessions=sessions,
            as_of=moment_of(as_of),
            strict=strict,
        )

    def rolling(
        self,
        ids: Sequence[str],
        benchmark: str,
        *,
        periods: int | None = None,
        frequency: str = "daily",
        start: Day | None = None,
        end: Day | None = None,
        basis: str = "price",
        currency: str | None = None,
        real: bool = False,
        risk_free: float | str = 0.0,
        sessions: str = "own",
        annualise: float | None = None,
        as_of: Moment | None = None,
        strict: bool = False,
    ) -> RollingFigures:
        """Correlation, beta, alpha, ... over the latest `periods` returns: see `query.series.rolling`."""
        return series.rolling(
            self.path,
            listed(ids),
            benchmark,
            periods=periods,
            frequency=frequency,
            start=day_of(start),
            end=day_of(end),
            basis=basis,
            currency=currency,
            real=real,
            risk_free=risk_free,
            sessions=sessions,
            annualise=annualise,
            as_of=moment_of(as_of),
            strict=strict,
        )


def listed(ids: Sequence[str]) -> Sequence[str]:
    """The names; one alone is a list of one."""
    return [ids] if isinstance(ids, str) else ids


@dataclass(frozen=True)
class RevisedLake(MeasuredLake):
    """A lake that is asked what it held at one moment and holds otherwise at another."""

    def changes(
        self,
        since: Moment,
        until: Moment | None = None,
        ids: Sequence[str] = (),
        *,
        kinds: Sequence[str] = (),
        most: int | None = None,
    ) -> Changes:
        """Each session that changed, and why: see `query.changes.changes`."""
        return change_query.changes(
            self.path, _needed(since), moment_of(until), listed(ids), kinds=listed(kinds), most=most
        )

    def check(
        self,
        ids: Sequence[str] = (),
        *,
        severity: str | None = None,
        since: Day | None = None,
        now: Moment | None = None,
    ) -> LakeCheck:
        """What the data checks find in what is stored: see `query.check_lake.check_lake`."""
        return check_lake(self.path, listed(ids), severity=severity, since=day_of(since), now=moment_of(now))

    def explain(
        self,
        ids: Sequence[str],
        since: Moment,
        until: Moment | None = None,
        *,
        first_year: int | None = None,
        last_year: int | None = None,
        basis: str = "price",
        convention: str = "year_end",
        currency: str | None = None,
    ) -> Explanation:
        """How far calendar-year returns moved, and by which rows: see `query.explain.explain`."""
        return explain_query.explain(
            self.path,
            listed(ids),
            _needed(since),
            moment_of(until),
            first_year=first_year,
            last_year=last_year,
            basis=basis,
            convention=convention,
            currency=currency,
        )


def _needed(since: Moment) -> datetime:
    moment = moment_of(since)
    if moment is None:
        raise UsageError("say since when; write a moment like 2026-01-02T12:00Z")
    return moment


@dataclass(frozen=True)
class Lake(RevisedLake):
    """One lake, to be asked; every answer reads what is published at that moment.

    Every answer but `claims` and `report` is also a table: `.to_arrow()`, `.to_pandas()`, `.to_polars()`. A
    session is a date (or its ISO text), a moment a datetime (or its ISO text; UTC where it has no offset).
    Errors are those of `marketlake.errors`.
    """

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
    ) -> Table:
        """Bars as traded, or the index of a basis, a row an instrument and session: see `query.prices`."""
        found = read_prices(
            self.path,
            listed(ids),
            start=day_of(start),
            end=day_of(end),
            basis=basis,
            currency=currency,
            as_of=moment_of(as_of),
            strict=strict,
        )
        return Table(found)

    def report(self, path: Path | None = None) -> Path:
        """Write the page to look at, to `path` or beside `market.duckdb`; returns where: see `report`."""
        # imported here: numpy and the charts, which no other answer needs
        from .report.document import write_report

        return write_report(self.path, path)

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
        risk: bool = False,
    ) -> Comparison:
        """Two instruments by calendar year, as fractions: see `query.compare`."""
        return compare_two(
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
            as_of=moment_of(as_of),
            strict=strict,
            risk=risk,
        )

    def compare_many(
        self,
        ids: Sequence[str],
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
    ) -> ManyComparison:
        """Two or more instruments by calendar year and over all years: see `query.compare_many`."""
        return compare_all(
            self.path,
            listed(ids),
            first_year=first_year,
            last_year=last_year,
            currency=currency,
            basis=basis,
            real=real,
            convention=convention,
            sessions=sessions,
            as_of=moment_of(as_of),
            strict=strict,
        )

    def matrix(
        self,
        ids: Sequence[str] | None = None,
        *,
        start: Day | None = None,
        end: Day | None = None,
        frequency: str = "daily",
        currency: str | None = None,
        basis: str = "price",
        real: bool = False,
        convention: str = "year_end",
        as_of: Moment | None = None,
        strict: bool = False,
    ) -> Matrix:
        """Years won and correlations of all against all: see `query.matrix.matrix`."""
        # imported here: numpy, which the other answers do without
        from .answers.matrix import matrix

        return matrix(
            self.path,
            ids if ids is None else listed(ids),
            start=day_of(start),
            end=day_of(end),
            frequency=frequency,
            currency=currency,
            basis=basis,
            real=real,
            convention=convention,
            as_of=moment_of(as_of),
            strict=strict,
        )

    def claims(self, claim_id: str | None = None) -> tuple[claims.Entry, ...]:
        """The claim ledger of the last build, or one claim of it: see `claims.read_ledger`."""
        return claims.read_ledger(self.path, claim_id)

    def portfolio(
        self,
        plan: Plan | str,
        terms: Mapping[str, object] | None = None,
        *,
        start: Day | None = None,
        end: Day | None = None,
        currency: str | None = None,
        horizon: int | None = None,
        risk_free: float | str | None = None,
        as_of: Moment | None = None,
        strict: bool = False,
    ) -> PortfolioAnswer:
        """A plan, or its text or file with `terms` (see `portfolio.read_plan`), put to the lake."""
        # imported here: numpy, which the other answers do without
        from .portfolio.evaluate import portfolio
        from .portfolio.plan import read_plan

        return portfolio(
            self.path,
            read_plan(plan, terms) if isinstance(plan, str) else plan,
            start=day_of(start),
            end=day_of(end),
            currency=currency,
            horizon=horizon,
            risk_free=risk_free,
            as_of=moment_of(as_of),
            strict=strict,
        )

    def sql(self, text: str) -> Table:
        """The answer of one reading statement on `market.duckdb`."""
        return Table(sql_table(self.path, text))

    def instruments(self) -> Table:
        """What the lake knows of each instrument, in the order of `instruments.toml`."""
        return self.sql("FROM instrument ORDER BY rowid")


def open(lake: str | Path | None = None, home: str | Path | None = None) -> Lake:
    """The lake named, else the one that the settings of `home` (default: MARKETLAKE_HOME, else here) name."""
    settings = load_settings(
        home=Path(home) if home is not None else None, lake=None if lake is None else _place(str(lake))
    )
    return Lake(settings.lake)


def _place(lake: str) -> str:
    """A relative folder is meant from here, not from the home."""
    return lake if is_url(lake) else str(Path(lake).resolve())
