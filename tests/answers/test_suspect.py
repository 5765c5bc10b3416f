"""A figure that rests on a doubted price, split or dividend has the quality `suspect`, wherever it
is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from marketlake.answers.matrix import Matrix
from marketlake.claims.claim import SleeveClaim, WinsClaim
from marketlake.lake import Lake
from marketlake.model import schema

from .lakes import BTC, EUR, SHARE, bar, build, save, write

pytestmark = pytest.mark.slow

FIRST, LAST = date(2022, 12, 1), date(2025, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
GOOD_FRIDAY = date(2024, 3, 29)
"""It would be the last session of its month."""
WEEKDAYS = [day for day in DAYS if day.weekday() < 5 and day != GOOD_FRIDAY]
JUMP, PAID = date(2024, 5, 8), date(2024, 7, 10)
CLAIM = WinsClaim(
    id="ahead", statement="BTC is ahead", source="here", published="2025",
    a="BTC", b="SHARE", at_least=2, first_year=2023, last_year=2025,
)  # fmt: skip

SLEEVE = SleeveClaim(
    id="sleeve", statement="BTC helps", source="here", published="2025",
    plan={"SHARE": 1.0}, sleeve="BTC", share=0.05, first_year=2023, last_year=2025,
)  # fmt: skip
EURO_SHARE = replace(SHARE, id="EURO_SHARE", quote_currency="EUR", calendar="XETR")


def close(day: date) -> float:
    """Varies by about a percent a day."""
    return 100.0 + (day.toordinal() * 7 % 5) / 2


def finding(instrument_id: str, session: date, check: str) -> dict[str, Any]:
    row = bar(BTC, session, 1.0)
    return {"instrument_id": instrument_id, "session": session, "check": check, "message": "m"} | {
        name: row[name] for name in ("source", "observed_at")
    }


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """BTC triples on a day; SHARE pays a sixth of its price, which does not fall."""
    coins = [bar(BTC, day, close(day) * (3 if day >= JUMP else 1)) for day in DAYS]
    shares = [bar(SHARE, day, close(day), dividend=17.0 if day == PAID else 0.0) for day in WEEKDAYS]
    root = tmp_path_factory.mktemp("lake")
    write(root, [BTC, SHARE], [*coins, *shares])
    _findings(root, [finding("BTC", JUMP, "jump"), finding("SHARE", PAID, "dividend_not_in_price")])
    build(root, [BTC, SHARE], [CLAIM, SLEEVE])
    return Lake(root)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The euro triples on a day; the instruments are beyond doubt."""
    rates = [bar(EUR, day, close(day) / 100 * (3 if day >= JUMP else 1)) for day in WEEKDAYS]
    coins = [bar(BTC, day, close(day)) for day in DAYS]
    shares = [bar(one, day, close(day)) for one in (SHARE, EURO_SHARE) for day in WEEKDAYS]
    root = tmp_path_factory.mktemp("foreign")
    everything = [BTC, SHARE, EURO_SHARE, EUR]
    write(root, everything, [*coins, *shares, *rates])
    _findings(root, [finding("EUR", JUMP, "jump")])
    build(root, everything)
    return Lake(root)


def _findings(root: Path, rows: Iterable[dict[str, Any]]) -> None:
    save(root / "finding" / "month=2025-12", pa.Table.from_pylist(list(rows), schema=schema.FINDING))


def _rows(lake: Lake, text: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake.query(text).to_arrow().to_pylist()
    return rows


def flags(quality: str) -> set[str]:
    return set(quality.split(",")) & {"suspect"}


def test_sessions_in_doubt_are_listed(lake: Lake) -> None:
    rows = _rows(lake, "FROM suspect_session")
    assert [(row["instrument_id"], row["session"], row["of_price"]) for row in rows] == [
        ("BTC", JUMP, True),
        ("SHARE", PAID, False),
    ]


@pytest.mark.parametrize(("basis", "share"), [("price", set()), ("total", {"suspect"})])
def test_years_are_marked(lake: Lake, basis: str, share: set[str]) -> None:
    answer = lake.compare(["BTC", "SHARE"], basis=basis, risk=True)
    marked = {row.year: [flags(one.quality) for one in row.returns] for row in answer.rows}
    assert marked == {2023: [set(), set()], 2024: [{"suspect"}, share], 2025: [set(), set()]}
    assert flags(answer.risk.figure("BTC", "cagr").quality) == {"suspect"} if answer.risk else False
    assert any("a check doubts" in note for note in answer.notes)


def test_metrics_returns_and_rolling_figures_are_marked(lake: Lake) -> None:
    assert flags(lake.metrics(["BTC"], start=2024, end=2024).figure("BTC", "volatility").quality)
    assert not flags(lake.metrics(["BTC"], start=2025, end=2025).figure("BTC", "volatility").quality)
    pair = lake.metrics(["SHARE"], start=2024, end=2024, benchmark="BTC")
    assert flags(pair.figure("SHARE", "correlation").quality) == {"suspect"}
    months = {row.period: flags(row.quality) for row in lake.returns(["BTC"], start=2024, end=2024).rows}
    assert [month.month for month, own in months.items() if own] == [JUMP.month]
    rolled = lake.rolling(["SHARE"], benchmark="BTC", periods=5, start="2024-05-01", end="2024-05-31").rows
    marked = [row.session for row in rolled if flags(row.quality)]
    assert marked
    assert all(row.first_session < JUMP <= row.session for row in rolled if row.session in marked)


def test_scoreboard_prices_and_matrix_are_marked(lake: Lake) -> None:
    for window in ({"start": 2024, "end": 2024}, {"start": "2024-03-05", "end": "2024-11-05"}):
        rows = {row.instrument_id: flags(row.quality) for row in lake.scoreboard(**window).rows}
        assert rows == {"BTC": {"suspect"}, "SHARE": set()}
        total = {
            row.instrument_id: flags(row.quality) for row in lake.scoreboard(**window, basis="total").rows
        }
        assert total == {"BTC": {"suspect"}, "SHARE": {"suspect"}}
    table = lake.prices(["BTC"], start="2024-05-01", end="2024-05-31").to_arrow()
    marked = [row["session"] for row in table.to_pylist() if row["quality"] == "suspect"]
    assert marked == [JUMP]
    matrix = lake.matrix(["BTC", "SHARE"], start="2024-01-01", end="2024-12-31")
    assert isinstance(matrix, Matrix)
    assert [flags(own) for own in matrix.quality] == [{"suspect"}, set()]


def test_portfolio_claim_and_report_are_marked(lake: Lake) -> None:
    answer = lake.portfolio("50 BTC, 50 SHARE", start=2024, end=2024)
    assert "suspect" in answer.quality
    (claim,) = _rows(lake, "FROM claim_check WHERE claim_id = 'ahead' AND span = 'published'")
    assert claim["reason"].endswith("figures of 1 are suspect")
    windows = _rows(lake, "FROM claim_window WHERE claim_id = 'ahead' AND verdict <> 'inconclusive'")
    assert all("suspect" in row["reason"] for row in windows)


def test_claim_about_a_sleeve_is_marked(lake: Lake) -> None:
    own = "WHERE claim_id = 'sleeve'"
    for table in ("claim_check", "claim_grid", "claim_window"):
        rows = [row for row in _rows(lake, f"FROM {table} {own}") if row["verdict"] != "inconclusive"]
        assert rows
        assert all(row["reason"].endswith("; figures of BTC, SHARE are suspect") for row in rows), table
    assert {row["quality"] for row in _rows(lake, f"FROM claim_sleeve {own}")} == {"suspect"}


SINCE = datetime(2024, 7, 1, tzinfo=UTC)


def test_explain_is_marked(lake: Lake) -> None:
    for basis, share in (("price", set()), ("total", {"suspect"})):
        for since in (SINCE, datetime(2026, 1, 1, tzinfo=UTC)):
            answer = lake.explain(["BTC", "SHARE"], since, None, basis=basis)
            marked = {(one.instrument_id, one.figure): flags(one.quality) for one in answer.figures}
            for name, own in (("BTC", {"suspect"}), ("SHARE", share)):
                assert marked[name, "2023"] == set()
                assert marked[name, "2024"] == own
                assert marked[name, "2023 to 2025"] == own


@pytest.mark.parametrize(("currency", "converted"), [("EUR", {"BTC", "SHARE"}), ("USD", {"EURO_SHARE"})])
def test_doubted_exchange_rate_marks_what_it_converts(
    foreign: Lake, currency: str, converted: set[str]
) -> None:
    ids = ["BTC", "SHARE", "EURO_SHARE"]
    options = {"currency": currency}
    year = {"start": 2024, "end": 2024}
    answer = foreign.compare(ids, **options)
    for row in answer.rows:
        marked = {one.instrument_id for one in row.returns if "suspect" in one.quality}
        assert marked == (converted if row.year == 2024 else set()), row.year
    figures = foreign.metrics(ids, **year, **options)
    assert {n for n in ids if "suspect" in figures.figure(n, "volatility").quality} == converted
    months = foreign.returns(ids, **year, **options).rows
    assert {(row.instrument_id, row.period.month) for row in months if "suspect" in row.quality} == {
        (name, JUMP.month) for name in converted
    }
    matrix = foreign.matrix(ids, **year, **options)
    assert isinstance(matrix, Matrix)
    assert {n for n, own in zip(ids, matrix.quality, strict=True) if "suspect" in own} == converted
    assert "suspect" in foreign.portfolio("50 BTC, 50 EURO_SHARE", **year, **options).quality
    explained = foreign.explain(ids, SINCE, None, **options).figures
    assert {
        one.instrument_id
        for one in explained
        if one.first_year == one.last_year == 2024 and "suspect" in one.quality
    } == converted
    for basis in ("as_traded", "adjusted", "total"):
        table = foreign.prices(ids, start="2024-05-01", end="2024-05-31", basis=basis, **options).to_arrow()
        marked = {(row["instrument_id"], row["session"]) for row in table.to_pylist() if row["quality"]}
        assert marked == {(name, JUMP) for name in converted}, basis


def test_price_without_a_session_of_its_own_at_the_doubted_rate(tmp_path: Path) -> None:
    friday, sunday = date(2024, 5, 10), date(2024, 5, 12)
    rates = [bar(EUR, day, close(day) / 100 * (3 if day == friday else 1)) for day in WEEKDAYS]
    write(tmp_path, [BTC, EUR], [*rates, *(bar(BTC, day, close(day)) for day in DAYS)])
    _findings(tmp_path, [finding("EUR", friday, "spike")])
    build(tmp_path, [BTC, EUR])
    table = Lake(tmp_path).prices(["BTC"], start="2024-05-01", end="2024-05-31", currency="EUR").to_arrow()
    marked = [row["session"] for row in table.to_pylist() if row["quality"]]
    assert marked[:3] == [friday, friday + timedelta(days=1), sunday]


def test_what_is_not_converted_is_not_marked(foreign: Lake) -> None:
    ids = ["BTC", "SHARE"]
    assert not any("suspect" in row.quality for row in foreign.compare(ids, currency="USD").rows)
    assert "suspect" not in foreign.portfolio("50 BTC, 50 SHARE", start=2024, end=2024).quality
    assert not any(row["quality"] for row in foreign.prices(["EURO_SHARE"]).to_arrow().to_pylist())


def test_a_corrected_price_is_no_longer_in_doubt(tmp_path: Path) -> None:
    write(tmp_path, [BTC], [bar(BTC, day, close(day)) for day in DAYS])
    _findings(tmp_path, [finding("BTC", JUMP, "jump")])
    build(tmp_path, [BTC])
    assert not _rows(Lake(tmp_path), "FROM suspect_session")
