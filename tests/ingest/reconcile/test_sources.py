"""Whole reconciliations against the simulator: each kind of deviation of a second source is
named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest

from marketlake.ingest.reconcile import Reconciliation, reconcile
from marketlake.ingest.run import ingest
from marketlake.model.errors import UsageError
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator

from .conftest import Make
from .vendors import SPLIT_DAY, closes, write_series

FOUR = "bitstamp:COIN/USD kraken:COIN/USD coinbaseexchange:COIN/USD yahoo:COIN-USD"


def deviations(result: Reconciliation) -> list[Mapping[str, Any]]:
    return [row for row in result.sessions if row["cause"] != "agrees"]


def pair(result: Reconciliation, a: str, b: str, name: str = "COIN") -> Mapping[str, Any]:
    [row] = [r for r in result.pairs if (r["instrument_id"], r["source_a"], r["source_b"]) == (name, a, b)]
    return row


def test_correct_sources_agree(make: Make, simulator: Simulator) -> None:
    settings = make({"COIN": FOUR, "SHARE": "yahoo:SHARE files:share.csv"})
    write_series(settings.home / "files" / "share.csv", *closes("SHARE", "XNYS"))
    ingest(settings)
    result = reconcile(settings)
    assert (result.exit_code, deviations(result)) == (0, [])
    sessions = [row for row in result.sessions if row["instrument_id"] == "COIN"]
    assert len(sessions) == 30
    assert {row["sources"] for row in sessions} == {"bitstamp, kraken, coinbaseexchange, yahoo"}
    assert {row["confidence"] for row in sessions} == {1.0}
    last = sessions[-1]
    days, level = closes("COIN", "24/7")
    true = level[days == np.datetime64(last["session"])][0]
    assert last["consensus_close"] == pytest.approx(true * (1 + 1.0003) / 2, rel=1e-6)
    assert last["dispersion_bp"] == pytest.approx(13.0, abs=0.1)
    assert (last["furthest_source"], last["trusted_source"]) == ("bitstamp", "bitstamp")
    assert pair(result, "bitstamp", "kraken")["median_bp"] == pytest.approx(13.0, abs=0.1)
    assert len(result.pairs) == 6 + 1


def test_another_unit_is_named_with_its_factor(make: Make, simulator: Simulator) -> None:
    settings = make({"COIN": "bitstamp:COIN/USD kraken:COIN/USD"})
    ingest(settings)
    simulator.set_faults([parse_fault("unit:kraken:COIN/USD:factor=100")])
    result = reconcile(settings)
    row = pair(result, "bitstamp", "kraken")
    assert (result.exit_code, row["cause"]) == (3, "unit")
    assert row["factor"] == pytest.approx(100, rel=0.002)
    assert "x99.8701" in row["message"]
    assert {(r["cause"], r["off"], r["confidence"]) for r in result.sessions} == {
        ("unit", "kraken: unit", 0.5)
    }
    assert {r["consensus_close"] < 1000 for r in result.sessions} == {True}


@pytest.mark.parametrize(("days", "word"), [(-1, "early"), (1, "late")])
def test_shifted_day_label_is_named(make: Make, days: int, word: str) -> None:
    settings = make({"SHARE": "yahoo:SHARE files:share.csv"})
    labels, level = closes("SHARE", "XNYS")
    write_series(settings.home / "files" / "share.csv", labels + np.timedelta64(days, "D"), level)
    ingest(settings)
    result = reconcile(settings)
    row = pair(result, "yahoo", "files", "SHARE")
    assert (result.exit_code, row["cause"], row["best_shift"]) == (3, "day_shift", -days)
    assert f"one {word}" in row["message"]
    assert row["shifted_correlation"] > 0.99 > row["correlation"]
    # a day or two may be close to the previous day by chance
    named = [r for r in result.sessions if r["cause"] == "day_shift"]
    assert {r["cause"] for r in result.sessions} <= {"day_shift", "agrees"}
    assert len(named) >= len(result.sessions) - 2 >= 27


def test_label_one_session_late_is_named(make: Make) -> None:
    settings = make({"SHARE": "yahoo:SHARE files:share.csv"})
    labels, level = closes("SHARE", "XNYS")
    write_series(settings.home / "files" / "share.csv", labels[1:], level[:-1])
    ingest(settings)
    row = pair(reconcile(settings), "yahoo", "files", "SHARE")
    assert (row["cause"], row["best_shift"], row["sessions"]) == ("day_shift", -1, 30)


def test_restated_source_deviates_from_the_consensus(make: Make, simulator: Simulator) -> None:
    settings = make({"COIN": FOUR})
    ingest(settings)
    simulator.set_faults([parse_fault("restated:kraken:COIN/USD:percent=5,from=2024-01-02,to=2024-01-04")])
    result = reconcile(settings)
    wrong = deviations(result)
    assert [row["session"] for row in wrong] == [date(2024, 1, n) for n in (2, 3, 4)]
    assert {(r["furthest_source"], r["off"], r["confidence"]) for r in wrong} == {
        ("kraken", "kraken: differs", 0.75)
    }
    assert all(440 < row["deviation_bp"] < 510 for row in wrong)
    assert pair(result, "bitstamp", "yahoo")["cause"] == "agrees"
    row = pair(result, "bitstamp", "kraken")
    assert (row["cause"], row["within"]) == ("differs", 0.9)
    assert row["message"] == "kraken differs on 2024-01-02 and 2 more"


def test_unavailable_source_leaves_the_others_compared(make: Make, simulator: Simulator) -> None:
    settings = make({"COIN": "bitstamp:COIN/USD kraken:COIN/USD yahoo:COIN-USD"})
    ingest(settings)
    simulator.set_faults([parse_fault("503:kraken")])
    result = reconcile(settings)
    assert result.exit_code == 3
    row = pair(result, "bitstamp", "kraken")
    assert (row["cause"], row["sessions"], row["message"][:19]) == ("not_compared", 0, "kraken unavailable:")
    assert pair(result, "bitstamp", "yahoo")["cause"] == "agrees"
    assert {(r["not_compared"], r["compared"], r["cause"]) for r in result.sessions} == {
        ("kraken: unavailable", 2, "agrees")
    }
    assert {round(row["confidence"], 3) for row in result.sessions} == {0.667}


def test_comparing_no_source_fails(make: Make, simulator: Simulator) -> None:
    settings = make({"COIN": "bitstamp:COIN/USD kraken:COIN/USD"})
    ingest(settings)
    simulator.set_faults([parse_fault("503:kraken")])
    result = reconcile(settings)
    assert (result.exit_code, list(result.sessions)) == (1, [])


def test_another_currency_is_named_with_its_factor(make: Make) -> None:
    settings = make({"SHARE": "yahoo:SHARE files:share.csv"})
    days, level = closes("SHARE", "XNYS")
    write_series(settings.home / "files" / "share.csv", days, level * 0.92, currency="EUR")
    ingest(settings)
    result = reconcile(settings)
    row = pair(result, "yahoo", "files", "SHARE")
    assert (result.exit_code, row["cause"]) == (3, "currency")
    assert row["message"] == "files serves 'EUR', declared in USD; files is x0.92 of yahoo"
    assert {(r["cause"], r["off"], r["sources"]) for r in result.sessions} == {
        ("currency", "files: currency", "yahoo")
    }


def test_unnamed_currency_is_recognized_by_the_stored_rate(make: Make) -> None:
    settings = make({"EUR": "files:eur.csv", "SHARE": "yahoo:SHARE files:share.csv"})
    days, level = closes("SHARE", "XNYS")
    every, walk = closes("EUR", "24/7")
    rate = (walk / 100) ** 0.2
    write_series(settings.home / "files" / "eur.csv", every, rate)
    write_series(settings.home / "files" / "share.csv", days, level / rate[np.isin(every, days)])
    ingest(settings)
    result = reconcile(settings)
    row = pair(result, "yahoo", "files", "SHARE")
    assert (result.exit_code, row["cause"]) == (3, "currency")
    assert row["message"].endswith("follows the exchange rate EUR: another currency")


def test_pence_are_pounds(make: Make) -> None:
    settings = make({"SHARE": "files:pounds.csv yahoo:SHARE"})
    toml = settings.home / "instruments.toml"
    # Yahoo serves dollars: a declaration in pounds makes them the foreign currency
    toml.write_text(toml.read_text().replace("since", 'quote_currency = "GBP"\nsince'))
    days, level = closes("SHARE", "XNYS")
    write_series(settings.home / "files" / "pounds.csv", days, level * 100, currency="GBp")
    ingest(settings)
    result = reconcile(settings)
    [row] = result.pairs
    assert row["factor"] == pytest.approx(1.0, rel=1e-6)
    assert row["message"].startswith("yahoo serves 'USD', declared in GBP")


def test_split_missed_by_one_source_is_named(make: Make) -> None:
    settings = make({"SPLIT": "yahoo:SPLIT files:split.csv"})
    days, level = closes("SPLIT", "XNYS")
    adjusted = np.where(days < SPLIT_DAY, level / 4, level)
    write_series(settings.home / "files" / "split.csv", days, adjusted)
    ingest(settings)
    result = reconcile(settings)
    wrong = deviations(result)
    assert (result.exit_code, {row["cause"] for row in wrong}) == (3, {"split"})
    assert max(row["session"] for row in wrong) < SPLIT_DAY.item()
    assert "disagree over a split" in pair(result, "yahoo", "files", "SPLIT")["message"]
    write_series(settings.home / "files" / "split.csv", days, level, split=True)
    assert reconcile(settings).exit_code == 0


def test_session_missing_in_one_source_is_named(make: Make, simulator: Simulator) -> None:
    settings = make({"COIN": "bitstamp:COIN/USD yahoo:COIN-USD"})
    ingest(settings)
    simulator.set_faults([parse_fault("missing:yahoo:COIN-USD:count=1,where=middle")])
    result = reconcile(settings)
    [row] = deviations(result)
    assert (row["cause"], row["off"], row["compared"]) == (
        "missing_session",
        "yahoo: missing_session",
        1,
    )
    assert (row["dispersion_bp"], row["furthest_source"]) == (None, None)
    assert pair(result, "bitstamp", "yahoo")["missing_sessions"] == 1


def test_flat_price_is_not_called_shifted(make: Make) -> None:
    settings = make({"FLAT": "yahoo:FLAT files:flat.csv"})
    days, level = closes("FLAT", "XNYS")
    write_series(settings.home / "files" / "flat.csv", days, level)
    ingest(settings)
    result = reconcile(settings)
    assert (result.exit_code, {row["cause"] for row in result.pairs}) == (0, {"agrees"})


def test_late_sources_do_not_deviate(make: Make, simulator: Simulator) -> None:
    settings = make({"COIN": "bitstamp:COIN/USD yahoo:COIN-USD"})
    ingest(settings)
    simulator.set_faults([parse_fault("missing:yahoo:COIN-USD:count=3,where=tail")])
    result = reconcile(settings)
    assert (result.exit_code, len(result.sessions)) == (0, 28)


def test_comparison_needs_two_sources(make: Make) -> None:
    settings = make({"COIN": "bitstamp:COIN/USD"})
    with pytest.raises(UsageError, match="COIN has one source"):
        reconcile(settings)
