"""The Python interface: `import marketlake as ml; lake = ml.open()`.

`Lake` is the one object that a user holds. Each method opens the lake once and calls one function
of `answers`, `portfolio`, `claims` or `report`. It retries if a commit or a build came in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, Unpack

from .answers.changes import Changes, ListedChanges, Span
from .answers.changes import changes as answer_changes
from .answers.check import LakeCheck
from .answers.check import check as answer_check
from .answers.compare import Comparison
from .answers.compare import compare as answer_compare
from .answers.explain import Explanation
from .answers.explain import explain as answer_explain
from .answers.metrics import Metrics
from .answers.metrics import metrics as answer_metrics
from .answers.prices import Trends, trend_of_sessions
from .answers.prices import prices as answer_prices
from .answers.query import Rows, query_rows
from .answers.query import query as answer_query
from .answers.result import Table
from .answers.returns import Returns, Rolling
from .answers.returns import returns as answer_returns
from .answers.returns import rolling as answer_rolling
from .answers.scoreboard import TABLES, Scoreboard
from .answers.scoreboard import scoreboard as answer_scoreboard
from .engine.reader import DUCKDB, DuckEngine, DuckReader, Engine
from .model.errors import LakeChangedError, UsageError
from .model.location import is_url
from .model.settings import load_settings
from .model.terms import Moment, Options, Terms, moment_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from .answers.matrix import Matrix
    from .claims.ledger import Ledger
    from .portfolio.figures import PortfolioAnswer
    from .portfolio.plan import Plan

T = TypeVar("T")
_TRIES: Final = 5
Ids = Sequence[str] | str
"""Instruments, by id or by a symbol of any source, in any case; a single one needs no list."""


@dataclass(frozen=True)
class Lake:
    """One lake; every answer is computed from one published state.

    Every answer but `report` is also a table: `.to_arrow()`, `.to_pandas()`, `.to_polars()`; all
    have `.to_dict()`. A day is a date, its ISO text or a year. A moment is a datetime or its ISO
    text (UTC without an offset). Errors are those of `marketlake.model.errors`.

    >>> lake = ml.open()
    >>> lake.compare(["BTC", "NASDAQ"], start=2019, end=2024).wins
    """

    path: Path
    engine: Engine = DUCKDB
    """The SQL engine of `compare`, `metrics`, `returns`, `rolling` and `scoreboard`."""

    def reader(self) -> AbstractContextManager[DuckReader]:
        """The lake, attached once, for several answers of one state: `answer(reader, terms)`.

        Raises `EmptyLakeError` and `CorruptLakeError`. Raises `LakeChangedError` at its end if a
        commit or a build came in between; retry then, as every method of `Lake` does.
        """
        return DUCKDB.open(self.path)

    def compare(self, ids: Ids, *, risk: bool = False, **options: Unpack[Options]) -> Comparison:
        """Compare instruments by calendar year, as fractions: see `answers.compare.compare`."""
        terms = Terms.of(ids, options)
        return self._ask(lambda reader: answer_compare(reader, terms, risk=risk))

    def metrics(
        self, ids: Ids, *, deepest: int = 5, annualise_short: bool = False, **options: Unpack[Options]
    ) -> Metrics:
        """Return and risk over a window: see `answers.metrics.metrics`."""
        terms = Terms.of(ids, options)
        return self._ask(
            lambda reader: answer_metrics(reader, terms, deepest=deepest, annualise_short=annualise_short)
        )

    def returns(self, ids: Ids, *, period: str = "month", **options: Unpack[Options]) -> Returns:
        """The return of each day, week, month, quarter or year: see `answers.returns.returns`."""
        terms = Terms.of(ids, options)
        return self._ask(lambda reader: answer_returns(reader, terms, period=period))

    def rolling(self, ids: Ids, *, periods: int | None = None, **options: Unpack[Options]) -> Rolling:
        """Rolling correlation, beta, alpha, ... against a benchmark: see
        `answers.returns.rolling`."""
        terms = Terms.of(ids, options)
        return self._ask(lambda reader: answer_rolling(reader, terms, periods=periods))

    def scoreboard(self, ids: Ids = (), *, by_year: bool = False, **options: Unpack[Options]) -> Scoreboard:
        """The standard metrics of all instruments: see `answers.scoreboard.scoreboard`."""
        terms = Terms.of(ids, options)
        return self._ask(lambda reader: answer_scoreboard(reader, terms, by_year=by_year), TABLES)

    def matrix(self, ids: Ids = (), **options: Unpack[Options]) -> Matrix:
        """Years won and correlations of all pairs: see `answers.matrix.matrix`."""
        # imported here because most answers do not need numpy
        from .answers.matrix import matrix

        terms = Terms.of(ids, options)
        return self._read(lambda reader: matrix(reader, terms))

    def prices(self, ids: Ids, *, fields: str = "ohlcv", **options: Unpack[Options]) -> Table:
        """Bars as traded or adjusted, or an index, per instrument and session: see
        `answers.prices`. `.wide()` gives a panel with a column per instrument."""
        terms = Terms.of(ids, {"basis": "as_traded", **options})
        return Table(self._read(lambda reader: answer_prices(reader, terms, fields=fields)))

    def aligned_returns(self, ids: Ids, *, period: str = "day", **options: Unpack[Options]) -> Table:
        """Returns over the sessions that all instruments have, a column per instrument: `returns`
        with shared sessions, as a panel."""
        options["sessions"] = "shared"
        return self.returns(ids, period=period, **options).wide()

    def changes(
        self,
        since: Moment,
        until: Moment | None = None,
        ids: Ids = (),
        *,
        kinds: Ids = (),
        most: int | None = None,
    ) -> Changes:
        """Each session that changed between two moments, and the cause: see
        `answers.changes.changes`."""
        terms, span = Terms.of(ids), _span(since, until)
        listing = ListedChanges((kinds,) if isinstance(kinds, str) else tuple(kinds), most)
        return self._read(lambda reader: answer_changes(reader, terms, span, listing=listing))

    def explain(
        self, ids: Ids, since: Moment, until: Moment | None = None, **options: Unpack[Options]
    ) -> Explanation:
        """How far calendar-year returns moved, and which rows moved them: see
        `answers.explain.explain`."""
        terms, span = Terms.of(ids, options), _span(since, until)
        return self._read(lambda reader: answer_explain(reader, terms, span))

    def check(
        self,
        ids: Ids = (),
        *,
        severity: str | None = None,
        now: Moment | None = None,
        **options: Unpack[Options],
    ) -> LakeCheck:
        """The findings of the data checks over the stored data: see `answers.check.check`."""
        terms, moment = Terms.of(ids, options), moment_of(now)
        return self._read(lambda reader: answer_check(reader, terms, severity=severity, now=moment))

    def portfolio(
        self,
        plan: Plan | str,
        settings: Mapping[str, object] | None = None,
        *,
        horizon: int | None = None,
        **options: Unpack[Options],
    ) -> PortfolioAnswer:
        """Backtest a plan over the stored prices: see `portfolio.read_plan`.

        `plan` is a `Plan`, or its text or file with `settings`.
        """
        # imported here because most answers do not need numpy
        from .portfolio import portfolio, read_plan

        wanted = read_plan(plan, settings) if isinstance(plan, str) else plan
        terms = Terms.of((), options)
        return self._read(lambda reader: portfolio(reader, terms, wanted, horizon=horizon))

    def claims(self, claim_id: str | None = None) -> Ledger:
        """The claims of the last build, or one of them, with every change of their verdicts.

        See `claims.ledger.read_ledger`.
        """
        from .claims.ledger import read_ledger

        return self._read(lambda reader: read_ledger(reader, claim_id))

    def query(self, text: str, *, timeout: float | None = None, memory: str = "") -> Table:
        """Run one read-only SQL statement on `market.duckdb`; returns a table.

        `timeout` is in seconds; `memory` is the most that it may use, such as 2GB.
        """
        return Table(self._read(lambda reader: answer_query(reader, text, timeout), memory))

    def query_rows(self, text: str, *, timeout: float | None = None, memory: str = "") -> Rows:
        """Like `query`, as Python values without Arrow."""
        return self._read(lambda reader: query_rows(reader, text, timeout), memory)

    def instruments(self) -> Table:
        """All instruments with their attributes, in the order of `instruments.toml`."""
        return self.query("FROM instrument ORDER BY rowid")

    def trends(self, since: date, sessions: int) -> Trends:
        """The levels after the latest `sessions` returns of each instrument since a date."""
        return self._read(lambda reader: trend_of_sessions(reader, since, sessions))

    def report_page(self) -> str:
        """The HTML page of the lake; the same snapshot gives the same page."""
        # imported here because only the report needs numpy and the charts
        from .report import report

        return self._read(report)

    def report(self, path: Path | None = None, url: str = "") -> Path:
        """Write the page atomically to `path`, or next to `market.duckdb`; returns the path.

        With `url`, where you will serve it, links to it have previews with a picture.
        """
        from .report import publish

        return publish(self.path, self.report_page(), path, url)

    def _read(self, answer: Callable[[DuckReader], T], memory: str = "") -> T:
        """An answer that only DuckDB can give."""
        return self._ask(answer, engine=DuckEngine(memory))

    def _ask(
        self, answer: Callable[[Any], T], tables: Sequence[str] = (), *, engine: Engine | None = None
    ) -> T:
        """Answer from one state; retry if a commit or a build came in between.

        This is the only place that retries an answer.
        """
        opened = engine or self.engine
        for _ in range(_TRIES - 1):
            with suppress(LakeChangedError), opened.open(self.path, tables) as reader:
                return answer(reader)
        with opened.open(self.path, tables) as reader:
            return answer(reader)


def open(lake: str | Path | None = None, home: str | Path | None = None) -> Lake:
    """Open a lake by its location; by default, the lake of the settings of `home`.

    `home` defaults to MARKETLAKE_HOME, or the current folder.
    """
    settings = load_settings(
        home=Path(home) if home is not None else None, lake=None if lake is None else _absolute(str(lake))
    )
    return Lake(settings.lake)


def _absolute(lake: str) -> str:
    """A relative folder is relative to the current folder, not to the home."""
    return lake if is_url(lake) else str(Path(lake).resolve())


def _span(since: Moment, until: Moment | None) -> Span:
    begin: datetime | None = moment_of(since)
    if begin is None:
        raise UsageError("since is missing; write a moment like 2026-01-02T12:00Z")
    return Span(begin, moment_of(until))
