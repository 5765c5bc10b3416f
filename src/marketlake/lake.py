"""The Python interface: `import marketlake as ml; lake = ml.open()`.

`Lake` is the one object that a user holds. Each method opens the lake once and calls one function
of `answers`, `portfolio`, `claims` or `report`. It retries if a commit or a build came in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Final, TypeVar, Unpack

from .engine.reader import DUCKDB, DuckEngine, DuckReader, Engine
from .model.errors import EmptyLakeError, LakeChangedError, UsageError
from .model.layout import DATABASE
from .model.location import address_of, is_url
from .model.settings import Settings, load_settings
from .model.terms import Moment, Options, Terms, moment_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from .answers.changes import Changes, Span
    from .answers.check import LakeCheck
    from .answers.compare import Comparison
    from .answers.explain import Explanation
    from .answers.matrix import Matrix
    from .answers.metrics import Metrics
    from .answers.prices import Trends
    from .answers.query import Rows
    from .answers.result import Table
    from .answers.returns import Returns, Rolling
    from .answers.scoreboard import Scoreboard
    from .claims.ledger import Ledger
    from .portfolio.figures import PortfolioAnswer
    from .portfolio.plan import Plan

T = TypeVar("T")
_TRIES: Final = 5
_UNIVERSE: Final = "instruments.toml"
Ids = Sequence[str] | str
"""Instruments, by id or by a symbol of any source, in any case; a single one needs no list."""


@dataclass(frozen=True)
class Lake:
    """One lake; every answer is computed from one published state.

    Every answer but `report` is also a table: `.to_arrow()`, `.to_pandas()`, `.to_polars()`; all
    have `.to_dict()`. Options have the same meaning everywhere: `start` and `end` of the window (a
    date, its ISO text or a year), `basis` ("price", or "total" with dividends), `currency`, `real`
    (after inflation), `sessions` ("own" or "shared"), `as_of` (a datetime or its ISO text, UTC without
    an offset: only what was known then). Errors are those of `marketlake.model.errors`.

    >>> lake = ml.open()
    >>> lake.compare(["BTC", "NASDAQ"], start=2019, end=2024).wins
    """

    path: Path
    engine: Engine = field(default_factory=lambda: DuckEngine(kept=[]))
    """The SQL engine of `compare`, `metrics`, `returns`, `rolling` and `scoreboard`."""

    def reader(self) -> AbstractContextManager[DuckReader]:
        """The lake, attached once, for several answers of one state: `answer(reader, terms)`.

        >>> with lake.reader() as reader:
        ...     reader.about.snapshot

        Raises `LakeChangedError` at its end if a commit or a build came in between; retry then, as every
        method of `Lake` does.
        """
        return DUCKDB.open(self.path)

    def compare(self, ids: Ids, *, risk: bool = False, **options: Unpack[Options]) -> Comparison:
        """Compare two or more instruments by calendar year: returns, winner and wins.

        >>> lake.compare(["BTC", "NASDAQ"], start=2019, end=2024).wins
        {'BTC': 5, 'NASDAQ': 1}

        Takes start and end (whole years; default: the first to the last year that is complete for all),
        currency, basis, real, convention, sessions, as_of, strict. `risk` adds return and risk over all
        these years together, from the last session before the first year, for any convention.
        """
        from .answers.compare import compare

        terms = Terms.of(ids, options)
        return self._ask(lambda reader: compare(reader, terms, risk=risk))

    def metrics(
        self, ids: Ids, *, deepest: int = 5, annualise_short: bool = False, **options: Unpack[Options]
    ) -> Metrics:
        """Return and risk over a window: CAGR, volatility, Sharpe, drawdown, beta and more.

        >>> lake.metrics("BTC", start=2019, end=2024).figure("BTC", "sharpe").value

        Takes start, end, benchmark, frequency, basis, currency, real, risk_free, sessions, annualise, as_of,
        strict. The first return starts at the last session before `start`. Without dates: the span that all
        instruments have. `deepest` is the number of drawdowns to list; `annualise_short` also annualises
        windows of less than a year.
        """
        from .answers.metrics import metrics

        terms = Terms.of(ids, options)
        return self._ask(
            lambda reader: metrics(reader, terms, deepest=deepest, annualise_short=annualise_short)
        )

    def returns(self, ids: Ids, *, period: str = "month", **options: Unpack[Options]) -> Returns:
        """The return of each day, week, month, quarter or year (`period`).

        >>> lake.returns(["BTC", "NASDAQ"], period="year", start=2019, end=2024).to_pandas()

        Takes start, end, basis, currency, real, sessions, as_of, strict. Only whole periods of the window
        have a row. Rows are sorted by instrument, in the requested order, then by period; `.wide()` has a
        column per instrument.
        """
        from .answers.returns import returns

        terms = Terms.of(ids, options)
        return self._ask(lambda reader: returns(reader, terms, period=period))

    def rolling(self, ids: Ids, *, periods: int | None = None, **options: Unpack[Options]) -> Rolling:
        """Correlation, beta, alpha, ... against a benchmark over the latest `periods` returns.

        >>> lake.rolling("BTC", benchmark="NASDAQ", frequency="monthly", periods=12).rows[-1].correlation

        Each session with enough returns before it has a row. `periods` is 252 days, 52 weeks or 12 months
        by default. Takes the options of `metrics`. Rows are sorted by instrument, then by session.
        """
        from .answers.returns import rolling

        terms = Terms.of(ids, options)
        return self._ask(lambda reader: rolling(reader, terms, periods=periods))

    def scoreboard(self, ids: Ids = (), *, by_year: bool = False, **options: Unpack[Options]) -> Scoreboard:
        """The standard metrics of all instruments, or of some, each in its own currency.

        >>> lake.scoreboard(start=2019, end=2024).to_pandas().nlargest(5, "cagr")

        Takes start, end and basis (price or total). The figures equal those of `metrics` at daily frequency
        on each instrument's own sessions, from the current data. Without ids: all that have a return, except
        consumer prices. Without dates: from the first to the last calendar year that is complete for any of
        them. `by_year` adds the return of each instrument in each year.
        """
        from .answers.scoreboard import TABLES, scoreboard

        terms = Terms.of(ids, options)
        return self._ask(lambda reader: scoreboard(reader, terms, by_year=by_year), TABLES)

    def matrix(self, ids: Ids = (), **options: Unpack[Options]) -> Matrix:
        """Years won and correlations of all pairs of instruments.

        >>> lake.matrix(["BTC", "NASDAQ", "GOLD"], start=2019, end=2024).pair("BTC", "GOLD").a_wins

        Takes start, end, frequency, currency, basis, real, convention, as_of, strict. Without ids: all that
        have a return. Without dates: all that the pair has in common. Years lie wholly between `start` and
        `end` and use each instrument's own sessions; returns run between sessions that the pair shares.
        """
        # imported here because most answers do not need numpy
        from .answers.matrix import matrix

        terms = Terms.of(ids, options)
        return self._read(lambda reader: matrix(reader, terms))

    def prices(self, ids: Ids, *, fields: str = "ohlcv", **options: Unpack[Options]) -> Table:
        """Bars as traded or adjusted, or an index: one row per instrument and session.

        >>> lake.prices(["SPY", "AGG"], basis="total", as_of="2024-06-30").wide().to_pandas()

        Takes start, end, basis, currency, as_of, strict. Basis `as_traded` (the default): open, high,
        low, close, volume, dividend, split, with currency, quality, source, known_at and observed_at.
        Basis `split_adjusted` and `adjusted` (for dividends too, as vendors' charts show them): bars
        adjusted for later events up to `through_session`, with `as_of` for those known then. Basis
        `price`, `total` or `vendor_adjusted`: a `level` that starts at the first stored close, whatever
        `start` is. `fields` are the first letters of the columns of bars to include. Without a
        currency, each instrument is in its own; a session without a rate is null with quality
        `no_rate`. Texts are codes: dictionaries in Arrow, categories in pandas.
        """
        from .answers.prices import prices
        from .answers.result import Table

        terms = Terms.of(ids, {"basis": "as_traded", **options})
        return Table(self._read(lambda reader: prices(reader, terms, fields=fields)))

    def aligned_returns(self, ids: Ids, *, period: str = "day", **options: Unpack[Options]) -> Table:
        """Returns over the sessions that all instruments have, a column per instrument.

        >>> lake.aligned_returns(["BTC", "NASDAQ"], period="month", start=2019).to_pandas()

        Takes start, end, basis, currency, real, as_of, strict. It is `returns` with shared sessions, as a
        panel.
        """
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
        """Each session that changed between two moments, and the cause.

        >>> lake.changes("2025-12-01", ids="BTC").sessions

        The state at a moment is what the lake had seen by then (strictly, by `observed_at`). Without ids:
        all instruments. `kinds` and `most` limit the rows to some kinds and a number; the summary is never
        cut.
        """
        from .answers.changes import ListedChanges, changes

        terms, span = Terms.of(ids), _span(since, until)
        listing = ListedChanges((kinds,) if isinstance(kinds, str) else tuple(kinds), most)
        return self._read(lambda reader: changes(reader, terms, span, listing=listing))

    def explain(
        self, ids: Ids, since: Moment, until: Moment | None = None, **options: Unpack[Options]
    ) -> Explanation:
        """How far calendar-year returns moved between two moments, and which rows moved them.

        >>> [one.difference for one in lake.explain("BTC", "2025-12-01", start=2019, end=2024).figures]

        Takes start and end (whole years; default: all stored), basis, convention, currency. The changed rows
        are replaced one at a time, by session; the instrument's own row comes before those of rates. A row's
        part is the resulting move of the return, so the parts add up to the whole difference.
        """
        from .answers.explain import explain

        terms, span = Terms.of(ids, options), _span(since, until)
        return self._read(lambda reader: explain(reader, terms, span))

    def check(
        self,
        ids: Ids = (),
        *,
        severity: str | None = None,
        now: Moment | None = None,
        **options: Unpack[Options],
    ) -> LakeCheck:
        """The findings of the data checks over the stored data, severe ones first.

        >>> lake.check("BTC", severity="fail").severe

        Takes start. Without ids: all instruments. `severity` selects `fail` or `warn`. `now` is the
        reference for lateness; by default, when market.duckdb was built.
        """
        from .answers.check import check

        terms, moment = Terms.of(ids, options), moment_of(now)
        return self._read(lambda reader: check(reader, terms, severity=severity, now=moment))

    def portfolio(
        self,
        plan: Plan | str,
        settings: Mapping[str, object] | None = None,
        *,
        horizon: int | None = None,
        **options: Unpack[Options],
    ) -> PortfolioAnswer:
        """Backtest a plan over the stored prices, with and without its sleeve.

        >>> print(lake.portfolio("57 SPY, 40 AGG, 3 BTC", {"sleeve": "BTC", "contribute": 500}).summary)

        `plan` is a `Plan`, or its text or .toml file, with `settings` over what stands there: rebalance,
        band (points), start, contribute, per, pay_growth and plan_fee (percent per year), trading_cost
        (basis points), sleeve, funded_by, expenses ({instrument: percent per year}). Takes start, end,
        frequency (daily: on shared sessions; monthly: at the ends of months, each holding's own), currency,
        risk_free, as_of, strict. A plan with a sleeve is also computed without it, with other
        sizes of it, and in every window of `horizon` years in all of history (default: 5 where there are as
        many). `risk_free` is TBILL_13W by default where it is stored in that currency.
        """
        # imported here because most answers do not need numpy
        from .portfolio import portfolio, read_plan

        wanted = read_plan(plan, settings) if isinstance(plan, str) else plan
        terms = Terms.of((), options)
        return self._read(lambda reader: portfolio(reader, terms, wanted, horizon=horizon))

    def claims(self, claim_id: str | None = None) -> Ledger:
        """The claims of the last build, or one of them, with every change of their verdicts.

        >>> [(one.claim_id, one.verdict) for one in lake.claims().checks]

        Claims are entries of `claims.toml`. `UsageError` for an id that is neither in the last build nor in
        the history.
        """
        from .claims.ledger import read_ledger

        return self._read(lambda reader: read_ledger(reader, claim_id))

    def query(self, text: str, *, timeout: float | None = None, memory: str = "") -> Table:
        """Run one read-only SQL statement on market.duckdb; returns a table.

        >>> lake.query("FROM compare('BTC', 'NASDAQ') ORDER BY year").to_pandas()

        `timeout` is in seconds; `memory` is the most that it may use, such as 2GB. `UsageError` for a
        statement that writes or fails.
        """
        from .answers.query import query
        from .answers.result import Table

        return Table(self._ask(lambda reader: query(reader, text, timeout), engine=DuckEngine(memory)))

    def query_rows(self, text: str, *, timeout: float | None = None, memory: str = "") -> Rows:
        """Like `query`, as Python values without Arrow.

        >>> lake.query_rows("SELECT count(*) FROM bar").rows
        """
        from .answers.query import query_rows

        return self._ask(lambda reader: query_rows(reader, text, timeout), engine=DuckEngine(memory))

    def instruments(self) -> Table:
        """All instruments with their attributes, in the order of `instruments.toml`.

        >>> lake.instruments().to_pandas()[["instrument_id", "name", "asset_class"]]
        """
        return self.query("FROM instrument ORDER BY rowid")

    def trends(self, since: date, sessions: int) -> Trends:
        """The levels after the latest `sessions` returns of each instrument since a date.

        >>> from datetime import date
        >>> lake.trends(date(2025, 1, 1), 60)["BTC"]
        """
        from .answers.prices import trend_of_sessions

        return self._read(lambda reader: trend_of_sessions(reader, since, sessions))

    def report_page(self) -> str:
        """The HTML page of the lake; the same snapshot gives the same page.

        >>> page = lake.report_page()
        """
        # imported here because only the report needs numpy and the charts
        from .report import report

        return self._read(report)

    def report(self, path: Path | None = None, url: str = "") -> Path:
        """Write the page atomically to `path`, or next to `market.duckdb`; returns the path.

        >>> lake.report()

        With `url`, where you will serve it, links to it have previews with a picture.
        """
        from .report import publish

        return publish(self.path, self.report_page(), path, url)

    def _read(self, answer: Callable[[DuckReader], T]) -> T:
        """An answer that only DuckDB can give."""
        return self._ask(answer, engine=self.engine if isinstance(self.engine, DuckEngine) else DUCKDB)

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
    """Open a lake, as `marketlake.open` describes."""
    settings = load_settings(
        home=Path(home) if home is not None else None, lake=None if lake is None else _absolute(str(lake))
    )
    _assert_there(settings)
    return Lake(settings.lake)


def _assert_there(settings: Settings) -> None:
    """A folder that is missing, or is a home instead of a lake, is an `EmptyLakeError`."""
    lake = settings.lake
    if address_of(lake) is not None or (lake / DATABASE).exists():
        return
    if (lake / _UNIVERSE).exists():
        raise EmptyLakeError(f"{lake} is a home, not a lake; open it as marketlake.open(home={str(lake)!r})")
    if not lake.is_dir():
        home = quote(str(settings.home))
        init = "" if (settings.home / _UNIVERSE).exists() else f"`marketlake init {home}`, then "
        raise EmptyLakeError(
            f"there is no lake {lake}: open the folder that holds {DATABASE}, or make one with {init}"
            f"`marketlake run --home {home} --lake {quote(str(lake))}`"
        )


def _absolute(lake: str) -> str:
    """A relative folder is relative to the current folder, not to the home."""
    return lake if is_url(lake) else str(Path(lake).resolve())


def _span(since: Moment, until: Moment | None) -> Span:
    from .answers.changes import Span

    begin: datetime | None = moment_of(since)
    if begin is None:
        raise UsageError("since is missing; write a moment like 2026-01-02T12:00Z")
    return Span(begin, moment_of(until))
