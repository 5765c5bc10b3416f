"""The part of the Python interface that measures: figures of a window, by period, and rolling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .query import series
from .query.metrics import metrics as measure
from .query.scoreboard import scoreboard as score
from .when import Day, Moment, day_of, moment_of

if TYPE_CHECKING:
    from .query.metric_answer import Metrics
    from .query.metric_series import CalendarReturns, RollingFigures
    from .query.scoreboard_answer import Scoreboard


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
