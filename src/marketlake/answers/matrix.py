"""All against all: years won and correlation for every pair of instruments.

A pair's returns run between sessions that both have, by month from each one's own last session.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from itertools import combinations, combinations_with_replacement
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..engine.listing import Listed, Listing, with_ids
from ..engine.reader import DuckReader
from ..engine.sql_text import chain, statement
from ..model.errors import UsageError
from ..model.instruments import NOT_INVESTABLE, is_simulated
from ..model.terms import FREQUENCIES, STATE_BASES, Terms, one_of
from .compare import YEARS, year_values
from .notes import FLAGS, scope_notes
from .pair_sums import (
    NONE,
    Days,
    Grid,
    Levels,
    Moments,
    MonthCloses,
    Side,
    make_grid,
    make_side,
    month_closes,
    number_of,
    pair_moments,
)
from .result import Answer, joined, json_value
from .scope import Scope, no_bars, resolve

_ROUNDING: Final = 1e-12
"""A standard deviation up to this is rounding error, as in sql/metric/correlation.sql."""
_DOUBTFUL: Final = 0.01
"""If the variance is a smaller share of the mean square, the subtraction has lost digits."""
_NO_DAY: Final = np.datetime64("NaT", "D")
_CONVERTED: Final = {
    "rate_day": "query/rate_day",
    "exchange_rate": "query/exchange_rate",
    "return_index": "view/return_index",
    "consumer_price": "metric_input/consumer_price",
    "metric_level": "metric_input/metric_level",
}
_NATIVE: Final = {"return_index": "view/return_index", "metric_level": "query/native_level"}
_NO_DAYS: Final = np.empty(0, np.int64)
MISSING: Final = ("", "no_rate", "no_price", "no_cpi")
_MOST: Final = 2000
"""The number of pairs is quadratic: 2,000 instruments are two million pairs and about 3 GB."""
_NOTED: Final = ("simulated", "gap", "suspect", "no_rate", "no_price", "no_cpi")


@dataclass(frozen=True)
class Window:
    """Which returns to take."""

    frequency: str
    first: date
    last: date


@dataclass(frozen=True, eq=False)
class Correlations:
    """Square arrays, one row and one column per instrument; NaN and NaT where a pair has none."""

    value: NDArray[np.float64]
    n: NDArray[np.int64]
    first: NDArray[np.datetime64]
    last: NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Wins:
    """Square arrays: in how many of how many years the row's instrument beat the column's."""

    wins: NDArray[np.int64]
    ties: NDArray[np.int64]
    years: NDArray[np.int64]
    first_year: NDArray[np.int64]
    """0 if no year can be judged."""
    last_year: NDArray[np.int64]


@dataclass(frozen=True)
class Pair:
    """Two of the instruments."""

    a: str
    b: str
    a_wins: int
    """Calendar years in which a had the higher return."""
    b_wins: int
    ties: int
    years: int
    """Judged years: complete for both, with figures, not simulated."""
    first_year: int | None
    last_year: int | None
    correlation: float | None
    """Of simple returns of the same days, weeks or months."""
    n: int
    """Number of returns used."""
    first_session: date | None
    """Start of the first return; by month the later of both, as `last_session`."""
    last_session: date | None
    quality: str
    """Of the returns: the flags of both, joined by commas."""


@dataclass(frozen=True, eq=False)
class Matrix(Answer):
    """All against all; rows and columns of the arrays follow `instruments`."""

    instruments: tuple[str, ...]
    start: date | None
    end: date | None
    frequency: str
    currency: str
    basis: str
    bases: Mapping[str, str]
    """The basis of each instrument: price or total where the requested basis does not exist for
    it."""
    convention: str
    real: bool
    as_of: datetime | None
    strict: bool
    won: Wins
    correlation: Correlations
    quality: tuple[str, ...]
    """Per instrument, the flags of its returns, joined by commas."""
    notes: tuple[str, ...]
    snapshot: str
    origin: str

    def pair(self, a: str, b: str) -> Pair:
        """One cell; `UsageError` for an instrument that is not in the matrix."""
        for name in (a, b):
            if name not in self.instruments:
                raise UsageError(f"{name[:40]} is not in this matrix of {', '.join(self.instruments[:40])}")
        return self._pair(self.instruments.index(a), self.instruments.index(b))

    def pairs(self) -> Iterator[Pair]:
        """Each pair once, in the order of the instruments."""
        return (self._pair(i, j) for i, j in combinations(range(len(self.instruments)), 2))

    def lines(self) -> tuple[type[Pair], Iterable[Pair]]:
        """One row per pair."""
        return Pair, self.pairs()

    def _pair(self, i: int, j: int) -> Pair:
        won, correlations = self.won, self.correlation
        value, first_year = float(correlations.value[i, j]), int(won.first_year[i, j])
        return Pair(
            a=self.instruments[i],
            b=self.instruments[j],
            a_wins=int(won.wins[i, j]),
            b_wins=int(won.wins[j, i]),
            ties=int(won.ties[i, j]),
            years=int(won.years[i, j]),
            first_year=first_year or None,
            last_year=int(won.last_year[i, j]) or None,
            correlation=None if np.isnan(value) else value,
            n=int(correlations.n[i, j]),
            first_session=correlations.first[i, j].item(),
            last_session=correlations.last[i, j].item(),
            quality=joined((self.quality[i], self.quality[j])),
        )

    def to_dict(self) -> dict[str, Any]:
        """The matrix as JSON values, with one entry per pair instead of the square arrays."""
        squares = {"won", "correlation", "quality"}
        names = [field.name for field in fields(self) if field.name not in squares]
        return {name: json_value(getattr(self, name)) for name in names} | {
            "pairs": [json_value(pair) for pair in self.pairs()]
        }


@dataclass(frozen=True, eq=False)
class Stored:
    """Levels of instruments by day; columns are in the order of the ids."""

    days: Days
    level: Levels
    missing: NDArray[np.int8]
    """Why a bar has no level: an index into `MISSING`. 0 where it has a level, -1 where there is
    no bar."""


Squares = TypeVar("Squares", Wins, Correlations)


def matrix(reader: DuckReader, terms: Terms) -> Matrix:
    """For every pair of instruments, the calendar years won and the correlation of returns.

    `Lake.matrix` describes the options. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    terms.only(
        *("matrix", "start", "end", "frequency", "currency", "basis", "real", "convention", "as_of", "strict")
    )
    one_of("frequency", terms.frequency, FREQUENCIES)
    window = Window(terms.frequency, terms.start or date.min, terms.end or date.max)
    terms = with_ids(reader.listing, terms)
    named = replace(terms, ids=terms.ids or _with_return(reader.listing))
    _check(named)
    scope = resolve(reader.listing, named)
    stored = read_levels(reader, scope, window.last)
    by_id = sorted(named.ids)
    with_bars = {name for name, some in zip(by_id, _some(stored), strict=True) if some}
    without = next((name for name in named.ids if name not in with_bars), None)
    if without is not None and (terms.ids or not with_bars):
        raise no_bars(reader, without, terms)
    sessions = read_sessions(reader, {i.calendar for i in scope.wanted})
    won = read_wins(reader, scope, *_whole_years(window))
    wanted = tuple(i for i in scope.wanted if i.id in with_bars)
    order = np.array([by_id.index(i.id) for i in wanted])
    calendars = [reader.listing[name].calendar for name in by_id]
    flags = qualities(scope, stored, sessions, window, read_suspects(reader, scope))
    quality = {i.id: flags[i.id] for i in wanted}
    return Matrix(
        instruments=tuple(quality),
        start=terms.start,
        end=terms.end,
        frequency=terms.frequency,
        currency=scope.currency,
        basis=terms.basis,
        bases={i.id: scope.bases[i.id] for i in wanted},
        convention=terms.convention,
        real=terms.real,
        as_of=terms.as_of,
        strict=terms.strict,
        won=_reordered(won, order),
        correlation=_reordered(correlations(stored.days, stored.level, calendars, sessions, window), order),
        quality=tuple(quality.values()),
        notes=_notes(scope, wanted, quality),
        snapshot=reader.about.snapshot,
        origin=reader.about.origin,
    )


def correlations(
    days: Days,
    level: Levels,
    calendars: Sequence[str],
    sessions: Mapping[str, Days],
    window: Window,
) -> Correlations:
    """Pearson correlation of simple returns; `level` is days by instruments."""
    if window.frequency != "monthly":
        return _correlations(days, level, calendars, sessions, window)
    closes = month_closes(days, level, [sessions[name] for name in calendars])
    found = _correlations(closes.days, closes.level, [""] * len(calendars), {"": closes.days}, window)
    return replace(found, first=_later_session(closes, found.first), last=_later_session(closes, found.last))


def _later_session(closes: MonthCloses, ends: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """The later of a pair's sessions in the months that end on these days."""
    month = np.searchsorted(closes.days, ends.astype(np.int64)) % len(closes.days)
    place = np.arange(len(ends))
    later = np.maximum(closes.session[month, place[:, None]], closes.session[month, place])
    return np.where(np.isnat(ends), _NO_DAY, later.astype("datetime64[D]"))


def _correlations(
    days: Days,
    level: Levels,
    calendars: Sequence[str],
    sessions: Mapping[str, Days],
    window: Window,
) -> Correlations:
    """Of returns on the sessions that a pair shares.

    Instruments of one calendar are processed together, so a pair of calendars costs a few matrix
    products. Only periods in which an instrument lacks a session of its calendar are processed one
    by one.
    """
    count = level.shape[1]
    answer = Correlations(
        np.full((count, count), np.nan),
        np.zeros((count, count), np.int64),
        np.full((count, count), _NO_DAY),
        np.full((count, count), _NO_DAY),
    )
    names = np.array(calendars)
    groups = {str(name): np.flatnonzero(names == name) for name in np.unique(names)}
    stored = {name: ~np.isnan(level[:, places]).all(axis=1) for name, places in groups.items()}
    for one, other in combinations_with_replacement(groups, 2):
        rows = np.flatnonzero(stored[one] & stored[other])
        if len(rows) < 2:
            continue
        shared = np.intersect1d(sessions[one], sessions[other])
        grid = make_grid(days[rows], shared, window.frequency, window.first, window.last)
        a = make_side(grid, level[np.ix_(rows, groups[one])])
        b = a if one == other else make_side(grid, level[np.ix_(rows, groups[other])])
        _place(answer, grid, (a, b), groups[one], groups[other])
    return answer


def _place(answer: Correlations, grid: Grid, sides: tuple[Side, Side], rows: Days, columns: Days) -> None:
    moments = pair_moments(grid, *sides)
    value = _pearson(grid, sides, moments)
    some = moments.last != NONE
    day = grid.days.astype("datetime64[D]")
    first = np.where(some, day[np.where(some, moments.first, 0)], _NO_DAY)
    last = np.where(some, day[moments.last], _NO_DAY)
    for target, found in (
        (answer.value, value),
        (answer.n, moments.n.astype(np.int64)),
        (answer.first, first),
        (answer.last, last),
    ):
        target[np.ix_(rows, columns)] = found
        target[np.ix_(columns, rows)] = found.T


def _pearson(grid: Grid, sides: tuple[Side, Side], m: Moments) -> NDArray[np.float64]:
    n = np.maximum(m.n, 1)
    of_x, of_y = m.xx / n - (m.x / n) ** 2, m.yy / n - (m.y / n) ** 2
    both = m.xy / n - m.x / n * (m.y / n)
    doubtful = (of_x < _DOUBTFUL * m.xx / n) | (of_y < _DOUBTFUL * m.yy / n)
    clear = (m.n > 1) & ~doubtful & (np.minimum(of_x, of_y) * n > _ROUNDING**2 * (n - 1))
    value = np.full(n.shape, np.nan)
    value[clear] = np.clip(both[clear] / np.sqrt(of_x[clear] * of_y[clear]), -1, 1)
    for i, j in zip(*np.nonzero((m.n > 1) & doubtful), strict=True):
        value[i, j] = _one_pair(grid, sides, int(i), int(j))
    if sides[0] is sides[1]:
        own = np.diagonal(value)
        np.fill_diagonal(value, np.where(np.isnan(own), np.nan, 1.0))
    return value


def _one_pair(grid: Grid, sides: tuple[Side, Side], i: int, j: int) -> float:
    """The same from the deviations themselves, without loss of digits."""
    a, b = sides
    rows = np.flatnonzero(a.present[:, i] & b.present[:, j])
    period = grid.period[rows]
    closing = np.flatnonzero(np.append(period[1:] != period[:-1], True))
    rows, period = rows[closing], period[closing]
    taken = grid.counted[period[1:]]
    taken[-1] &= grid.daily or grid.days[rows[-1]] >= grid.due_day[period[-1]]
    x, y = (side.level[rows[1:], k] / side.level[rows[:-1], k] - 1 for side, k in ((a, i), (b, j)))
    x, y = x[taken] - x[taken].mean(), y[taken] - y[taken].mean()
    if min(x.std(ddof=1), y.std(ddof=1)) <= _ROUNDING:
        return float("nan")
    return float(np.clip((x @ y) / np.sqrt((x @ x) * (y @ y)), -1, 1))


def read_levels(reader: DuckReader, scope: Scope, last: date) -> Stored:
    """The level of each instrument up to `last`, in the requested currency and basis."""
    values = year_values(scope) | {"last_day": last}
    return _squared(_arrays(reader, _level_text(scope), values), len(scope.wanted))


def read_sessions(reader: DuckReader, calendars: set[str]) -> dict[str, Days]:
    """Each calendar's sessions as day numbers, in order."""
    text = "SELECT unix_date(session) AS day FROM calendar_session WHERE calendar = $name ORDER BY session"
    return {name: _arrays(reader, text, {"name": name})["day"] for name in sorted(calendars)}


def read_wins(reader: DuckReader, scope: Scope, first: int, last: int) -> Wins:
    """Years won, in the order of the ids; from the stored table where it has them."""
    parts = {"matrix_member": "query/matrix_member", "bar": scope.bars}
    # the table holds figures without conversion, deflation and as-of
    stored = not scope.converts and not scope.terms.real and scope.terms.as_of is None
    parts |= {"inflation": "query/inflation"} if stored else YEARS
    parts |= {"year_figure": "query/year_figure"}
    values = year_values(scope) | {"first_year": first, "last_year": last}
    found = _arrays(reader, chain(parts, "query/year_win"), values)
    at, shape = (found["a"], found["b"]), (len(scope.wanted),) * 2
    squares = {name: np.zeros(shape, np.int64) for name in Wins.__dataclass_fields__}
    for name, square in squares.items():
        square[at] = found[name]
    return Wins(**squares)


def read_suspects(reader: DuckReader, scope: Scope) -> dict[str, Days]:
    """By instrument, the days whose return a check doubts on the requested basis."""
    text = (
        f"SELECT instrument_id, session FROM ({statement('query/suspect_session')}) "  # noqa: S608 (our text)
        "WHERE list_contains($wanted, instrument_id) AND (of_price OR $basis <> 'price') ORDER BY session"
    )
    found: dict[str, list[int]] = {}
    for row in reader.records(text, scope.values()):
        found.setdefault(row["instrument_id"], []).append(number_of(row["session"]))
    return {name: np.array(days) for name, days in found.items()}


def qualities(
    scope: Scope,
    stored: Stored,
    sessions: Mapping[str, Days],
    window: Window,
    suspects: Mapping[str, Days],
) -> dict[str, str]:
    """The flags of each instrument's returns in the window."""
    flags: dict[str, str] = {}
    for place, i in enumerate(sorted(scope.wanted, key=lambda i: i.id)):
        own = sessions[i.calendar], window, suspects.get(i.id, _NO_DAYS)
        found = [*_stored_flags(stored, place, *own)]
        flags[i.id] = ",".join((*found, *_own_flags(i, scope, "gap" in found)))
    return flags


def _level_text(scope: Scope) -> str:
    t = scope.terms
    plain = not scope.converts and not t.real
    member = {"matrix_member": "query/matrix_member"}
    if plain and t.as_of is None and t.basis in STATE_BASES:
        return chain(member, "query/stored_level")
    bars = {"bar": scope.bars, "instrument": "query/instrument"}
    return chain(member | bars | (_NATIVE if plain else _CONVERTED), "query/matrix_level")


def _arrays(reader: DuckReader, text: str, values: Mapping[str, object]) -> dict[str, NDArray[Any]]:
    """The columns of a query; integers as 64 bits."""
    return {
        name: np.asarray(column, np.float64 if column.dtype.kind == "f" else np.int64)
        for name, column in reader.numpy(text, values).items()
    }


def _squared(found: Mapping[str, NDArray[Any]], count: int) -> Stored:
    day, place = found["day"], found["place"]
    base = int(day.min()) if len(day) else 0
    span = int(day.max()) - base + 1 if len(day) else 0
    level = np.full((span, count), np.nan)
    level[day - base, place] = found["level"]
    missing = np.full((span, count), -1, np.int8)
    missing[day - base, place] = found["missing"]
    rows = np.flatnonzero((missing >= 0).any(axis=1))
    return Stored(rows + base, level[rows], missing[rows])


def _stored_flags(
    stored: Stored, place: int, sessions: Days, window: Window, suspects: Days
) -> Iterator[str]:
    rows = np.flatnonzero(stored.missing[:, place] >= 0)
    # the first return starts at the last session before the window
    rows = rows[max(0, int(np.searchsorted(stored.days[rows], number_of(window.first))) - 1) :]
    if not len(rows):
        return
    days = stored.days[rows]
    due = sessions[(sessions >= days[0]) & (sessions <= days[-1])]
    if len(np.setdiff1d(due, days, assume_unique=True)):
        yield "gap"
    if ((suspects > days[0]) & (suspects <= days[-1])).any():
        yield "suspect"
    codes = stored.missing[rows, place]
    yield from (flag for code, flag in enumerate(MISSING) if code and (codes == code).any())


def _own_flags(instrument: Listed, scope: Scope, gap: bool) -> Iterator[str]:
    """As in sql/metric_input/metric_quality: published months are no simulated days."""
    terms = scope.terms
    if instrument.price_index and terms.basis != "price":
        yield "price_index"
    if instrument.proxy_for:
        yield "proxy"
    frequency = "daily" if gap or terms.basis == "vendor_adjusted" else terms.frequency
    deflator = [scope.deflator] if scope.deflator else []
    if any(is_simulated(i.synthetic, frequency) for i in (instrument, *deflator)) or any(
        is_simulated(i.synthetic) for i in scope.rates
    ):
        yield "simulated"


def _notes(scope: Scope, wanted: Sequence[Listed], quality: Mapping[str, str]) -> tuple[str, ...]:
    unstored = [i.id for i in scope.wanted if i.id not in quality]
    marked = {flag: [n for n, flags in quality.items() if flag in flags.split(",")] for flag in _NOTED}
    return (
        *scope_notes(scope, wanted),
        *(f"{FLAGS[flag]} ({', '.join(names)})" for flag, names in marked.items() if names),
        *([f"no bars are stored of {', '.join(unstored)}"] if unstored else []),
    )


def _with_return(listing: Listing) -> tuple[str, ...]:
    return tuple(i.id for i in listing.values() if i.asset_class not in NOT_INVESTABLE)


def _check(terms: Terms) -> None:
    terms.check_ids(fewest=2)
    if len(terms.ids) > _MOST:
        raise UsageError(f"{len(terms.ids):,} instruments make too many pairs; name at most {_MOST:,}")


def _some(stored: Stored) -> list[bool]:
    return list(map(bool, np.max(stored.missing, axis=0, initial=-1) >= 0))


def _whole_years(window: Window) -> tuple[int, int]:
    """The first and last calendar year that lie within the window."""
    first, last = window.first, window.last
    return (
        first.year + ((first.month, first.day) > (1, 1)),
        last.year - ((last.month, last.day) < (12, 31)),
    )


def _reordered(squares: Squares, order: Days) -> Squares:
    """Rows and columns in another order; the arrays are read-only."""
    arrays = [getattr(squares, field.name)[np.ix_(order, order)] for field in fields(squares)]
    for array in arrays:
        array.flags.writeable = False
    return type(squares)(*arrays)
