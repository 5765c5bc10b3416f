"""`python -m benchmarks.detection`: what the data checks find, and how often they are wrong.

Wrong values are put into real prices, one at a time, each into a copy of the sessions around it. An
error is found if a check names its session or the next one, or refuses the answer, and does not do
so without the error. Sizes are in the instrument's own daily volatility, the standard deviation of
its daily log returns. False alarms are the findings about the untouched series.

The instruments are halved by a hash of their names. Thresholds were set on the half `tune`; the
half `final` is for the table of the documentation. Seeds are fixed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from marketlake.ingest.checks import Checked, Context, check
from marketlake.ingest.normalise import NORMALISED, Window
from marketlake.ingest.reconcile_cause import AGREES, QUOTE, Closes, Subject
from marketlake.ingest.reconcile_rows import reconcile
from marketlake.model.calendars import Days
from marketlake.model.instruments import Instrument, SourceRef

from .tables import machine, table

SEED: Final = 20261128
SIZES: Final = (1, 2, 4, 6, 8, 12, 20, 50, 100)
"""In daily volatilities."""
TRIALS: Final = 40
"""Of each error in each instrument."""
TRUE: Final = frozenset({"off_calendar", "high_just_below_low"})
"""Findings that are true of the untouched rows: sessions on holidays of New York, and a high below
its low."""
AT: Final = datetime(2025, 1, 3, tzinfo=UTC)
_BEFORE, _AFTER = 70, 30
"""Sessions around an error."""
_HISTORY: Final = 20
_PRICES: Final = ("open", "high", "low", "close")
_CLASSES: Final = {
    "BTC-USD": "crypto",
    "BTCUSDT@binance": "crypto",
    "ETH-USD": "crypto",
    "GC=F": "metal",
    "SI=F": "metal",
    "GLD@adj": "fund",
    "BND@adj": "bond",
    "CPIAUCSL": "inflation",
    "^GSPC": "index",
    "^IXIC": "index",
}
_CALENDARS: Final = {"crypto": "24/7", "inflation": "MONTHLY"}

Rows = dict[str, npt.NDArray[Any]]
"""Columns of one series; `session` are days."""


@dataclass(frozen=True)
class Series:
    """One instrument with its prices as traded."""

    instrument: Instrument
    rows: Rows
    sigma: float
    """Standard deviation of its daily log returns."""

    def __len__(self) -> int:
        return len(self.rows["close"])


def kept(name: str) -> bool:
    """Whether a series belongs to the half for the final measurement."""
    return hashlib.md5(name.encode(), usedforsecurity=False).digest()[0] % 2 == 1


def read_series(folder: Path, half: str) -> list[Series]:
    """The series of one half (`tune`, `final`, or `both`)."""
    paths = sorted(folder.glob("*.csv"))
    return [_read(path) for path in paths if half == "both" or kept(path.stem) == (half == "final")]


def _read(path: Path) -> Series:
    frame = pd.read_csv(path).rename(columns=str.lower)
    if "open_time" in frame:
        frame["date"] = pd.to_datetime(frame["open_time"], unit="ms").dt.strftime("%Y-%m-%d")
    frame = frame.rename(columns={"observation_date": "date", "cpiaucsl": "close"})
    frame = frame[frame["close"].notna()]
    rows: Rows = {
        name: frame[name].to_numpy(float) if name in frame else np.full(len(frame), np.nan)
        for name in (*_PRICES, "volume")
    }
    rows["session"] = frame["date"].str[:10].to_numpy("datetime64[D]")
    rows["dividend"] = frame.get("dividends", pd.Series(0.0, frame.index)).to_numpy(float)
    split = frame.get("stock splits", pd.Series(0.0, frame.index)).to_numpy(float)
    rows["split"] = np.where(split > 0, split, 1.0)
    later = np.append(np.cumprod(rows["split"][::-1])[::-1][1:], 1.0)
    for name in (*_PRICES, "dividend"):
        rows[name] = rows[name] * later
    step = np.diff(np.log(rows["close"])) + np.log(rows["split"][1:])
    kind = _CLASSES.get(path.stem, "equity")
    instrument = Instrument(
        id=path.stem,
        name=path.stem,
        asset_class=kind,
        calendar=_CALENDARS.get(kind, "XNYS"),
        quote_currency="USD",
        return_basis="price",
        since=date(1990, 1, 1),
        sources=(SourceRef("files", path.stem),),
    )
    return Series(instrument, rows, float(step.std()))


@dataclass(frozen=True)
class Trial:
    """An answer, perhaps with an error on the session at `place`."""

    series: Series
    rows: Rows
    place: int
    history: Rows | None = None


def excerpt(series: Series, at: int, before: int = _BEFORE, after: int = _AFTER) -> Trial:
    """The sessions around `at`."""
    first = max(0, at - before)
    rows = {name: column[first : at + after + 1].copy() for name, column in series.rows.items()}
    return Trial(series, rows, at - first)


def findings(trials: Sequence[Trial]) -> list[set[tuple[str, int]]]:
    """For each trial the checks that find something, each with the places of the rows."""
    windows = {
        f"T{n:06}": Window(
            replace(t.series.instrument, id=f"T{n:06}"), "files", date(1990, 1, 1), AT.date(), AT
        )
        for n, t in enumerate(trials)
    }
    bars = _table([t.rows for t in trials])
    history = _table([t.history for t in trials])
    result = check(bars, NORMALISED.empty_table(), windows, "run", Context(history=history))
    found: list[set[tuple[str, int]]] = [set() for _ in trials]
    for name, key, session in _named(result):
        trial = trials[int(key[1:])]
        found[int(key[1:])].add((name, int(np.searchsorted(trial.rows["session"], np.datetime64(session)))))
    return found


def _named(result: Checked) -> Iterator[tuple[str, str, date]]:
    for rows, column in ((result.quarantine, "reason"), (result.findings, "check")):
        yield from zip(*(rows[n].to_pylist() for n in (column, "instrument_id", "session")), strict=True)


def _table(parts: Sequence[Rows | None]) -> pa.Table:
    present = [(n, rows) for n, rows in enumerate(parts) if rows is not None and len(rows["close"])]
    if not present:
        return NORMALISED.empty_table()
    ids = np.concatenate([np.full(len(rows["close"]), f"T{n:06}") for n, rows in present])
    columns = {name: np.concatenate([rows[name] for _, rows in present]) for name in present[0][1]}
    moment = np.full(len(ids), np.datetime64("2025-01-03", "us"))
    more = {"instrument_id": ids, "source": np.full(len(ids), "files"), "close_at": moment}
    arrays = {
        f.name: pa.array((columns | more)[f.name], from_pandas=True)
        for f in NORMALISED
        if f.name != "close_at"
    }
    arrays["close_at"] = pa.array(moment).cast(pa.timestamp("us", tz="UTC"))
    return pa.table({name: arrays[name] for name in NORMALISED.names}).cast(NORMALISED)


Error = Callable[[Trial, float], None]
"""Puts an error of a size into a trial's rows; price errors multiply by exp(size)."""


def _times(rows: Rows, at: slice, factor: float, names: Sequence[str] = _PRICES) -> None:
    for name in names:
        rows[name][at] *= factor


def _of(*names: str, sessions: int = 1) -> Error:
    return lambda t, size: _times(t.rows, slice(t.place, t.place + sessions), float(np.exp(size)), names)


def _newest(trial: Trial, size: float) -> None:
    for name in trial.rows:
        trial.rows[name] = trial.rows[name][: trial.place + 1]
    _times(trial.rows, slice(trial.place, None), float(np.exp(size)))


PRICE_ERRORS: Final[Mapping[str, Error]] = {
    "close": _of("close"),
    "whole bar": _of(*_PRICES),
    "two bars in a row": _of(*_PRICES, sessions=2),
    "five bars in a row": _of(*_PRICES, sessions=5),
    "open": _of("open"),
    "high": _of("high"),
    "low": _of("low"),
    "whole bar, newest session": _newest,
}


def _untold(trial: Trial, ratio: float) -> None:
    rest = slice(trial.place, None)
    _times(trial.rows, rest, 1 / ratio)
    trial.rows["volume"][rest] *= ratio


def _wrong_ratio(trial: Trial, factor: float) -> None:
    _untold(trial, 4.0)
    trial.rows["split"][trial.place] = 4.0 * factor


def _not_applied(trial: Trial, ratio: float) -> None:
    trial.rows["split"][trial.place] = ratio


def _after_a_gap(trial: Trial, factor: float) -> None:
    rest = slice(trial.place, None)
    _times(trial.rows, rest, factor)
    trial.rows["session"][rest] += np.timedelta64(280, "D")


def _dividend(trial: Trial, factor: float) -> None:
    trial.rows["dividend"][trial.place] *= factor


def _repeated(trial: Trial, later: float) -> None:
    trial.rows["dividend"][trial.place + int(later)] = trial.rows["dividend"][trial.place]


def _on_split(trial: Trial, ratio: float) -> None:
    rest = slice(trial.place, None)
    amount = trial.rows["dividend"][trial.place]
    _untold(trial, ratio)
    trial.rows["dividend"][rest] /= ratio
    trial.rows["split"][trial.place] = ratio
    trial.rows["dividend"][trial.place] = amount


EVENTS: Final[Mapping[str, tuple[Error, tuple[float, ...], bool]]] = {
    "split not served": (_untold, (1.5, 2, 3, 5, 10, 0.5, 0.1, 0.02), False),
    "split of 4 served times": (_wrong_ratio, (10, 0.1), False),
    "split served, prices unchanged": (_not_applied, (2, 4, 10, 0.1), False),
    "another company after a gap, price times": (_after_a_gap, (10, 180, 0.1), False),
    "dividend times": (_dividend, (100, 30, 0.01), True),
    "dividend again, sessions later": (_repeated, (3, 8), True),
    "dividend before the split of its day": (_on_split, (2, 4, 10, 0.1), True),
}
"""By error: sizes, and whether it needs a session with a dividend."""
_SIZED_BY_DIVIDEND: Final = 270
"""Sessions before and after a dividend, so that others are near."""

Counts = dict[float, list[bool]]


def measured(
    series: Sequence[Series], error: Error, sizes: Sequence[float], *, paid: bool, daily: bool
) -> tuple[Counts, Counter[tuple[str, float]]]:
    """Which errors of each size are found, and how often by each check."""
    found: Counts = defaultdict(list)
    by_check: Counter[tuple[str, float]] = Counter()
    for size in sizes:
        pairs = list(_trials(series, error, size, paid=paid, daily=daily))
        clean, wrong = (findings([pair[k] for pair in pairs]) for k in (0, 1))
        for (_, trial), before, after in zip(pairs, clean, wrong, strict=True):
            near = {
                name
                for name, at in after - before
                if name in _WHOLE or trial.place - 1 <= at <= trial.place + _NEAR
            }
            found[size].append(bool(near))
            by_check.update((name, size) for name in near)
    return found, by_check


_WHOLE: Final = frozenset({"split_not_applied", "unit_change", "shifted_dates"})
_NEAR: Final = 8
"""Rows after the error that may carry the finding: a dividend that is repeated, the second bar."""


def _trials(
    series: Sequence[Series], error: Error, size: float, *, paid: bool, daily: bool
) -> Iterator[tuple[Trial, Trial]]:
    for one in series:
        rng = np.random.default_rng([SEED, len(one)])
        around = _SIZED_BY_DIVIDEND if paid else _BEFORE
        possible = np.arange(_BEFORE, len(one) - _AFTER)
        if paid:
            possible = possible[one.rows["dividend"][possible] > 0]
        without_range = bool(np.isnan(one.rows["open"]).all())
        if not len(possible) or (without_range and error in _NEEDS_RANGE):
            continue
        places = rng.choice(possible, TRIALS if not paid else min(TRIALS, len(possible)), replace=False)
        signs = rng.choice([-1.0, 1.0], len(places))
        for place, sign in zip(places.tolist(), signs.tolist(), strict=True):
            clean, wrong = (excerpt(one, place, around, max(around if paid else 0, _AFTER)) for _ in range(2))
            error(wrong, sign * size * one.sigma if daily else size)
            if error is _newest:
                _newest(clean, 0.0)
            yield clean, wrong


_NEEDS_RANGE: Final = tuple(PRICE_ERRORS[name] for name in ("open", "high", "low"))


def false_alarms(series: Sequence[Series]) -> tuple[int, Counter[str], Counter[str]]:
    """Sessions, and the findings about them: in whole histories, and each day as the newest row."""
    history = [Trial(one, one.rows, 0) for one in series]
    whole = Counter(name for found in findings(history) for name, _ in found)
    daily = [
        Trial(one, _cut(one, at, at + 1), 0, _cut(one, max(0, at - _HISTORY), at))
        for one in series
        for at in range(1, len(one))
    ]
    newest: Counter[str] = Counter()
    for start in range(0, len(daily), 5_000):
        newest.update(name for found in findings(daily[start : start + 5_000]) for name, _ in found)
    return sum(map(len, series)), whole, newest


def _cut(series: Series, first: int, last: int) -> Rows:
    return {name: column[first:last] for name, column in series.rows.items()}


def second_source(series: Sequence[Series], size: float) -> list[bool]:
    """Whether `reconcile` names the session on which one of two sources has a wrong close."""
    found = []
    for one in series:
        rng = np.random.default_rng([SEED, len(one)])
        for place in rng.choice(np.arange(_BEFORE, len(one) - _AFTER), TRIALS, replace=False).tolist():
            trial = excerpt(one, place)
            sign = rng.choice([-1.0, 1.0])
            days, close = trial.rows["session"], trial.rows["close"].copy()
            wrong = close.copy()
            wrong[trial.place] *= np.exp(sign * size * one.sigma)
            found.append(_disagrees(one, days, (close, wrong), trial.place))
    return found


def _disagrees(series: Series, days: Days, closes: Sequence[Closes], at: int) -> bool:
    parts = [
        pa.table(
            {
                "instrument_id": ["X"] * len(days),
                "session": pa.array(days, pa.date32()),
                "source": [name] * len(days),
                "close": close,
                "split": np.ones(len(days)),
                "stored": [name == "a"] * len(days),
            }
        ).select(QUOTE.names)
        for name, close in zip("ab", closes, strict=True)
    ]
    sessions: list[date] = days.tolist()
    subject = Subject(series.instrument.asset_class, ("a", "b"), sessions[0], sessions[-1], days)
    compared = reconcile(pa.concat_tables(parts).cast(QUOTE), {"X": subject}, "run", AT).sessions.to_pylist()
    return any(row["session"] == sessions[at] and row["cause"] != AGREES for row in compared)


def _percent(found: Sequence[bool]) -> str:
    return f"{100 * sum(found) / len(found):.0f}" if found else ""


def report(series: Sequence[Series], half: str) -> str:
    """The tables, as Markdown."""
    names = ", ".join(one.instrument.id for one in series)
    sessions, whole, newest = false_alarms(series)
    lines = [f"Half `{half}`: {names}; {sessions:,} sessions; {machine('duckdb')}.", ""]
    heads = ["found, %, of errors of (daily volatilities)", *map(str, SIZES)]
    rows: list[list[str]] = []
    checks: list[list[str]] = []
    for name, error in PRICE_ERRORS.items():
        found, by_check = measured(series, error, SIZES, paid=False, daily=True)
        rows.append([name, *(_percent(found[size]) for size in SIZES)])
        checks += _by_check(name, found, by_check, SIZES)
    rows.append(
        ["close, compared with a second source", *(_percent(second_source(series, k)) for k in SIZES)]
    )
    lines += [table(heads, rows), "", table(["check, error", *map(str, SIZES)], checks), ""]
    rows = []
    for name, (error, sizes, paid) in EVENTS.items():
        found, by_check = measured(series, error, sizes, paid=paid, daily=False)
        for size in sizes:
            named = sorted({check for check, at in by_check if at == size})
            if found[size]:
                rows.append(
                    [f"{name} {size:g}", _percent(found[size]), str(len(found[size])), ", ".join(named)]
                )
    lines += [table(["error", "found, %", "of", "by"], rows), ""]
    true = {name for name in {*whole, *newest} if name in TRUE}
    rows = [
        [f"{name} (true)" if name in true else name, str(whole[name]), str(newest[name])]
        for name in sorted({*whole, *newest})
    ]
    rows.append(["false", *(_rate(c, sessions) for c in (_without(whole, true), _without(newest, true)))])
    lines += [table(["false alarms", "in whole histories", "of each day as the newest"], rows)]
    return "\n".join(lines)


def _without(found: Counter[str], true: Collection[str]) -> Counter[str]:
    return Counter({name: count for name, count in found.items() if name not in true})


def _rate(found: Counter[str], sessions: int) -> str:
    count = sum(found.values())
    return f"{count}: 1 in {sessions // count:,} sessions" if count else "none"


def _by_check(
    error: str, found: Counts, by_check: Counter[tuple[str, float]], sizes: Sequence[float]
) -> Iterator[list[str]]:
    for name in sorted({name for name, _ in by_check}):
        shares = [100 * by_check[name, size] / max(1, len(found[size])) for size in sizes]
        if max(shares) >= 5:
            yield [f"{name}: {error}", *(f"{share:.0f}" for share in shares)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("tune", "final", "both"), default="tune")
    shared = Path(os.environ.get("MARKETLAKE_SHARED") or Path(__file__).parents[2] / "shared")
    parser.add_argument("--prices", type=Path, default=shared / "data" / "prices", help="folder of CSV files")
    asked = parser.parse_args()
    if not asked.prices.is_dir():
        raise SystemExit(f"no real prices at {asked.prices}; set MARKETLAKE_SHARED or --prices")
    print(report(read_series(asked.prices, asked.half), asked.half))


if __name__ == "__main__":
    main()
