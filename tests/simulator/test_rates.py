"""FRED's CSV and the ECB's zip."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import requests

from marketlake.simulator.market import Market
from marketlake.simulator.server import serve

Get = Callable[..., requests.Response]
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
FRED, ECB = "/fred/graph/fredgraph.csv", "/ecb/stats/eurofxref/eurofxref-hist.zip"


def rates(body: bytes) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return list(csv.DictReader(io.TextIOWrapper(archive.open("eurofxref-hist.csv"))))


def test_december_prices_are_as_published(sample: Market, get: Get) -> None:
    with serve(sample, now=NOW) as simulator:
        lines = get(simulator.url + FRED, id="CPIAUCNS", cosd="2023-12-01").text.splitlines()
    assert lines[0] == "observation_date,CPIAUCNS"
    assert lines[1] == "2023-12-01,306.746"
    # October 2025 was not published, December comes later
    assert lines[13] == "2024-12-01,315.605"
    assert (lines[-2][:10], lines[-1]) == ("2025-09-01", "2025-11-01,324.122")
    assert len(lines) == 24


@pytest.mark.parametrize(("day", "last"), [(14, "2024-04-01"), (15, "2024-05-01")])
def test_month_appears_when_published(day: int, last: str, sample: Market, get: Get) -> None:
    with serve(sample, now=datetime(2024, 6, day, 23, tzinfo=UTC)) as simulator:
        text = get(simulator.url + FRED, id="CPIAUCNS").text
    assert text.splitlines()[-1].startswith(last)


def test_unknown_series_is_an_html_page(sample: Market, get: Get) -> None:
    with serve(sample, now=NOW) as simulator:
        answer = get(simulator.url + FRED, id="NOPE")
    assert answer.status_code == 404
    assert answer.text.startswith("<html>")


def test_missing_value_is_a_dot(sample: Market, get: Get) -> None:
    from marketlake.simulator.fault import parse_fault

    with serve(sample, now=NOW, faults=[parse_fault("nulls:fred:CPIAUCNS:where=tail")]) as simulator:
        assert get(simulator.url + FRED, id="CPIAUCNS").text.endswith("2025-11-01,.\n")


@pytest.mark.parametrize(("hour", "last"), [(13, "2024-06-07"), (14, "2024-06-10")])
def test_rate_appears_when_fixed(hour: int, last: str, sample: Market, get: Get) -> None:
    with serve(sample, now=datetime(2024, 6, 10, hour, tzinfo=UTC)) as simulator:
        newest = rates(get(simulator.url + ECB).content)[0]
    assert newest["Date"] == last


def test_rates_equal_the_ecbs_and_are_reproducible(sample: Market, get: Get) -> None:
    from marketlake.simulator.dialects import ecb

    with serve(sample, now=NOW) as simulator:
        first = get(simulator.url + ECB).content
        ecb._zip.cache_clear()
        assert get(simulator.url + ECB).content == first
    by_date = {row["Date"]: row for row in rates(first)}
    assert by_date["2024-12-31"]["USD"] == "1.0389"
    assert min(by_date) == "1999-01-04"
    assert max(by_date) == "2025-12-31"


def test_values_of_a_series_have_the_same_number_of_decimals() -> None:
    from marketlake.simulator.dialects.fred import _figures

    assert _figures([157.0, float("nan"), 158.0]) == ["157", ".", "158"]
    assert _figures([157.0, 1.25, 158.5]) == ["157.00", "1.25", "158.50"]


@pytest.mark.parametrize(
    ("fault", "newest"),
    [
        ("missing:ecb:*:count=2,where=tail", [("2025-12-29", 1.0), ("2025-12-24", 1.0)]),
        ("nulls:ecb:*:where=tail", [("2025-12-31", None), ("2025-12-30", 1.0)]),
        ("duplicates:ecb", [("2025-12-31", 1.0), ("2025-12-31", 1.0)]),
        ("restated:ecb:*:percent=10,from=2025-12-31", [("2025-12-31", 1.1), ("2025-12-30", 1.0)]),
        ("unit:ecb:*:factor=100", [("2025-12-31", 100.0), ("2025-12-30", 100.0)]),
    ],
)
def test_fault_strikes_rows_of_the_rates(
    fault: str, newest: list[tuple[str, float | None]], sample: Market, get: Get
) -> None:
    from marketlake.simulator.fault import parse_fault

    with serve(sample, now=NOW, faults=[parse_fault(fault)]) as simulator:
        affected = rates(get(simulator.url + ECB).content)
        simulator.set_faults([])
        unaffected = {row["Date"]: row for row in rates(get(simulator.url + ECB).content)}
    for row, (day, factor) in zip(affected, newest, strict=False):
        assert row["Date"] == day
        expected = "N/A" if factor is None else pytest.approx(float(unaffected[day]["USD"]) * factor)
        assert (row["USD"] if factor is None else float(row["USD"])) == expected


def test_rates_can_be_refused(sample: Market, get: Get) -> None:
    from marketlake.simulator.fault import parse_fault

    with serve(sample, now=NOW, faults=[parse_fault("404:ecb")]) as simulator:
        assert get(simulator.url + ECB).status_code == 404
