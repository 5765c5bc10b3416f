"""The pure comparison against an independent recount, and cases that must not mislead it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from marketlake.ingest.reconcile_cause import QUOTE, TOLERANCES, Subject, align
from marketlake.ingest.reconcile_rows import Reconciled, reconcile
from marketlake.model.instruments import ASSET_CLASSES
from marketlake.model.schema import CAUSES

from ...answers.shared_data import folder, table

FIRST = date(2024, 3, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(30)]
AT = datetime(2024, 4, 1, tzinfo=UTC)
ClosesBySource = Mapping[str, Mapping[date, float]]


def ask(closes_by_source: ClosesBySource, stored: str = "", kind: str = "equity", **known: Any) -> Reconciled:
    """Compare the closes of sources; the first is the most trusted."""
    quotes = [
        {"instrument_id": "X", "session": day, "source": s, "close": c, "split": 1.0, "stored": s == stored}
        for s, closes in closes_by_source.items()
        for day, c in closes.items()
    ]
    random.Random(1).shuffle(quotes)
    calendar = np.array(DAYS, dtype="datetime64[D]")
    subject = Subject(kind, list(closes_by_source), DAYS[0], DAYS[-1], calendar, **known)
    return reconcile(pa.Table.from_pylist(quotes, schema=QUOTE), {"X": subject}, "run", AT)


def walk(seed: int, step: float = 0.02) -> dict[date, float]:
    draw, level = random.Random(seed), 100.0
    return {day: (level := level * (1 + draw.gauss(0, step))) for day in DAYS}


def recount(closes_by_source: ClosesBySource, stored: str, limit: float) -> dict[date, dict[str, Any]]:
    """Recompute the table, one day and one source at a time."""
    rows = {}
    for day in DAYS:
        here = {source: closes[day] for source, closes in closes_by_source.items() if day in closes}
        missing = [
            s
            for s in closes_by_source
            if s not in here and min(closes_by_source[s]) < day < max(closes_by_source[s])
        ]
        if len(here) + len(missing) < 2 or not here:
            continue
        trusted = stored if stored in here else next(iter(here))
        consensus = median(here.values()) if len(here) > 2 else here[trusted]
        difference_bp = {source: (close / consensus - 1) * 1e4 for source, close in here.items()}
        rows[day] = {
            "sources": ", ".join(here),
            "trusted_source": trusted,
            "consensus_close": consensus,
            "dispersion_bp": (max(here.values()) - min(here.values())) / consensus * 1e4,
            "deviation_bp": max(difference_bp.values(), key=abs),
            "confidence": sum(abs(bp) <= limit for bp in difference_bp.values()) / len(closes_by_source),
            "off": {s for s, bp in difference_bp.items() if abs(bp) > limit} | set(missing),
        }
    return rows


@pytest.mark.parametrize("seed", range(40))
def test_sessions_equal_the_recount(seed: int) -> None:
    draw, base = random.Random(seed), walk(seed)
    names = ["a", "b", "c", "d", "e"][: draw.randint(2, 5)]
    closes_by_source = {
        name: {
            day: close * (1 + draw.gauss(0, 0.0006) + (0.03 if draw.random() < 0.05 else 0.0))
            for day, close in base.items()
            if draw.random() > 0.08
        }
        for name in names
    }
    stored = draw.choice(["", *names])
    expected = recount(closes_by_source, stored, 10.0)
    rows = {row["session"]: row for row in ask(closes_by_source, stored).sessions.to_pylist()}
    assert set(rows) == set(expected)
    for day, want in expected.items():
        row = rows[day]
        for name in ("sources", "trusted_source"):
            assert row[name] == want[name]
        for name in ("consensus_close", "confidence"):
            assert row[name] == pytest.approx(want[name], rel=1e-12)
        if row["compared"] > 1:
            assert row["dispersion_bp"] == pytest.approx(want["dispersion_bp"], abs=1e-6)
            assert abs(row["deviation_bp"]) == pytest.approx(abs(want["deviation_bp"]), abs=1e-6)
        assert {text.split(":")[0] for text in row["off"].split(", ") if text} == want["off"]
        assert (row["cause"] == "agrees") == (not want["off"])


@pytest.mark.parametrize("seed", range(10))
def test_pairs_equal_the_recount(seed: int) -> None:
    draw, base = random.Random(seed), walk(seed)
    other = {day: close * (1 + draw.gauss(0, 0.001)) for day, close in base.items() if draw.random() > 0.1}
    [row] = ask({"a": base, "b": other}).pairs.to_pylist()
    difference_bp = {day: (close / base[day] - 1) * 1e4 for day, close in other.items()}
    assert row["sessions"] == len(other)
    assert row["median_bp"] == pytest.approx(median(map(abs, difference_bp.values())), abs=1e-6)
    assert row["largest_session"] == max(difference_bp, key=lambda day: abs(difference_bp[day]))
    assert row["largest_bp"] == pytest.approx(difference_bp[row["largest_session"]], abs=1e-6)
    assert row["within"] == pytest.approx(
        sum(abs(bp) <= 10 for bp in difference_bp.values()) / len(difference_bp)
    )
    factor = median(close / base[day] for day, close in other.items())
    assert row["factor"] == pytest.approx(factor, rel=1e-12)
    spread = max(abs(close / base[day] / factor - 1) for day, close in other.items()) * 1e4
    assert row["factor_spread_bp"] == pytest.approx(spread, abs=1e-6)
    both = sorted(other)
    returns = [[np.log(s[b] / s[a]) for a, b in pairwise(both)] for s in (base, other)]
    assert row["correlation"] == pytest.approx(np.corrcoef(*returns)[0, 1], abs=1e-9)


@pytest.mark.parametrize("factor", [100.0, 0.01, 1000.0, 0.001, 10.0, 1e-8, 31.1034768, 1 / 31.1034768])
def test_unit_is_named_on_one_day_and_on_all_days(factor: float) -> None:
    base = walk(3)
    always = ask({"a": base, "b": {d: c * factor * 1.0004 for d, c in base.items()}})
    assert set(always.sessions["cause"].to_pylist()) == {"unit"}
    assert f"b is x{factor * 1.0004:.6g} of a: another unit" == always.pairs["message"][0].as_py()
    once = ask({"a": base, "b": base | {DAYS[7]: base[DAYS[7]] * factor}})
    assert [r["session"] for r in once.sessions.to_pylist() if r["cause"] == "unit"] == [DAYS[7]]
    assert f"another unit than a on {DAYS[7]}" in once.pairs["message"][0].as_py()


@pytest.mark.parametrize("factor", [1.05, 0.92, 2.0, 90.0, 101.5])
def test_factor_that_is_no_unit_is_reported_without_a_name(factor: float) -> None:
    base = walk(4)
    [row] = ask({"a": base, "b": {d: c * factor for d, c in base.items()}}).pairs.to_pylist()
    assert row["cause"] == "differs"
    assert row["message"] == f"b is x{factor:.6g} of a throughout: a restatement, or another currency"


def test_undeclared_currency_is_recognized_by_its_movement() -> None:
    base, euro = walk(9), {day: rate / 100 for day, rate in walk(10, 0.004).items()}
    close_later = {day: rate * random.Random(str(day)).gauss(1, 0.0005) for day, rate in euro.items()}
    closes_by_source = {"a": base, "b": {day: close / close_later[day] for day, close in base.items()}}
    result = ask(closes_by_source, rates={"EUR": euro, "GBP": walk(11, 0.004)})
    assert {*result.sessions["cause"].to_pylist()} <= {"currency", "agrees"}
    [row] = result.pairs.to_pylist()
    assert row["cause"] == "currency"
    assert row["message"].endswith("and follows the exchange rate EUR: another currency")
    assert set(ask(closes_by_source).pairs["cause"].to_pylist()) == {"differs"}


@pytest.mark.parametrize("noise", [0.0, 0.0005, 0.01])
def test_constant_factor_near_a_rate_is_no_currency(noise: float) -> None:
    base, euro = walk(12), {day: rate / 92 for day, rate in walk(13, 0.004).items()}
    size, draw = median(euro.values()), random.Random(14)
    closes_by_source = {
        "a": base,
        "b": {day: close * size * draw.gauss(1, noise) for day, close in base.items()},
    }
    [row] = ask(closes_by_source, rates={"EUR": euro}).pairs.to_pylist()
    assert row["cause"] == "differs"


def test_shift_and_unit_are_reported_together() -> None:
    base = walk(5)
    moved = {day - timedelta(days=1): close * 100 for day, close in base.items()}
    [row] = ask({"a": base, "b": moved}).pairs.to_pylist()
    assert (row["cause"], row["best_shift"]) == ("day_shift", 1)
    assert row["factor"] == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize("seed", range(30))
def test_unrelated_walks_are_no_shift(seed: int) -> None:
    result = ask({"a": walk(seed, 0.005), "b": walk(seed + 1000, 0.005)})
    assert "day_shift" not in result.pairs["cause"].to_pylist() + result.sessions["cause"].to_pylist()


@pytest.mark.parametrize("growth", [0.0, 0.0012, 0.01])
def test_straight_line_is_no_shift(growth: float) -> None:
    """An index of bills gains the same each day: shifted by a day it is closer, which proves
    nothing."""
    line = {day: 100 * (1 + growth) ** n for n, day in enumerate(DAYS)}
    off = {day: close * (1 + growth) for day, close in line.items()}
    [row] = ask({"a": line, "b": off}).pairs.to_pylist()
    assert row["cause"] in {"agrees", "differs"}
    assert (row["cause"] == "agrees") == (growth == 0)


def test_difference_at_the_limit_is_within_tolerance() -> None:
    base = dict.fromkeys(DAYS, 1000.0)
    [row] = ask({"a": base, "b": dict.fromkeys(DAYS, 1001.0)}).pairs.to_pylist()
    assert (row["cause"], row["within"], row["median_bp"]) == ("agrees", 1.0, pytest.approx(10.0))


def test_zero_and_negative_prices_are_compared() -> None:
    base = walk(6) | {DAYS[3]: -37.63, DAYS[4]: 0.0}
    closes_by_source = {"a": base, "b": base | {DAYS[4]: 0.5}}
    rows = {r["session"]: r for r in ask(closes_by_source, kind="metal").sessions.to_pylist()}
    assert (rows[DAYS[3]]["cause"], rows[DAYS[3]]["dispersion_bp"]) == ("agrees", 0.0)
    assert (rows[DAYS[4]]["cause"], rows[DAYS[4]]["deviation_bp"]) == ("differs", None)


def test_split_after_the_window_is_applied() -> None:
    base = walk(7)
    closes_by_source = {"a": base, "b": {day: close / 10 for day, close in base.items()}}
    assert set(ask(closes_by_source).pairs["cause"].to_pylist()) == {"unit"}
    assert set(ask(closes_by_source, later_split=10.0).pairs["cause"].to_pylist()) == {"split"}


def test_every_asset_class_has_a_tolerance_and_a_reason() -> None:
    assert set(TOLERANCES) == set(ASSET_CLASSES)
    assert all(tolerance.bp > 0 and tolerance.reason for tolerance in TOLERANCES.values())


def test_without_common_sessions_there_is_no_row() -> None:
    result = ask({"a": walk(8), "b": {}}, unanswered={"b": "unavailable: down"})
    assert result.sessions.to_pylist() == []
    [row] = result.pairs.to_pylist()
    assert (row["cause"], row["message"]) == ("not_compared", "b unavailable: down")
    assert row["cause"] in CAUSES


def test_only_shifted_real_venues_are_called_shifted() -> None:
    """Bitcoin at two venues, in 30-day windows over four years."""
    prices = folder() / "prices"
    yahoo = {r["date"]: float(r["close"]) for r in table(prices / "BTC-USD.csv")}
    binance = {
        str(np.datetime64(int(r["open_time"]), "ms").astype("datetime64[D]")): float(r["close"])
        for r in table(prices / "BTCUSDT@binance.csv")
    }
    labels = sorted(set(yahoo) & set(binance))
    days = np.array(labels, dtype="datetime64[D]")
    a, b = (np.array([closes[label] for label in labels]) for closes in (yahoo, binance))
    windows = [slice(first, first + 30) for first in range(0, len(days) - 31, 10)]
    limit = TOLERANCES["crypto"].bp
    honest = [align(a[w], b[w], days[w], days[w], limit).shift for w in windows]
    early = [align(a[w], b[w.start + 1 : w.stop + 1], days[w], days[w], limit).shift for w in windows]
    assert len(windows) > 140
    assert set(honest) == {0}
    assert set(early) <= {0, 1}
    assert sum(early) >= 0.97 * len(windows)
