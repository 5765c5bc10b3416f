"""compare, status and query on the sample lake."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import correlation, stdev
from typing import Any

import pytest

from marketlake.engine.metric_sql import METRICS
from marketlake.lake import Lake
from marketlake.simulator.sample.build import FOLDER

from .conftest import NOW, Run

PAIRED = tuple(metric.name for metric in METRICS if metric.kind == "pair")


@pytest.mark.parametrize(("first", "last", "wins"), [("2019", "2024", 5), ("2020", "2025", 4)])
def test_compare_counts_years_won(run: Run, sample_home: Path, first: str, last: str, wins: int) -> None:
    result = run(
        "compare", "BTC", "NASDAQ", "--from", first, "--to", last, "--home", sample_home, "--format", "json"
    )
    answer = json.loads(result.out)
    assert result.code == 0
    assert (answer["wins"]["BTC"], answer["years"], answer["basis"]) == (wins, 6, "price")
    assert answer["origin"] == "simulated"


def test_compare_prints_a_table(run: Run, sample_home: Path) -> None:
    result = run("compare", "BTC", "NASDAQ", "--from", "2019", "--to", "2024", "--home", sample_home)
    assert "+303.16 %" in result.out
    assert "BTC ahead in 5 of 6 years, NASDAQ in 1" in result.out


@pytest.mark.parametrize(("output", "expected"), [("csv", 1 + 6 * 2), ("markdown", 2 + 6)])
def test_compare_lines_are_per_year_and_in_csv_per_instrument(
    run: Run, sample_home: Path, output: str, expected: int
) -> None:
    result = run(
        "compare",
        "BTC",
        "NASDAQ",
        "--from",
        "2019",
        "--to",
        "2024",
        "--home",
        sample_home,
        "--format",
        output,
    )
    lines = result.out.strip().splitlines()
    assert len(lines) == expected


def test_simulated_days_of_the_sample_market_give_no_verdict(run: Run, sample_home: Path) -> None:
    result = run(
        "compare",
        "BTC",
        "NASDAQ",
        "--from",
        "2019",
        "--to",
        "2024",
        "--convention",
        "first_to_last",
        "--home",
        sample_home,
        "--format",
        "json",
    )
    answer = json.loads(result.out)
    assert answer["verdict"] is None
    assert all("simulated" in row["quality"] for row in answer["rows"])


PLAN = ("portfolio", "58.2 SPY, 38.8 AGG, 3 BTC", "--sleeve", "BTC", "--from", "2019", "--to", "2024")


def test_plan_by_published_months_equals_the_independent_check(run: Run, sample_home: Path) -> None:
    where = ("--home", sample_home, "--format", "json")
    answer = json.loads(run(*PLAN, "--frequency", "monthly", *where).out)
    expected = {
        "without_sleeve": (0.1082, 0.1180, 0.917, -0.2009),
        "with_sleeve": (0.1355, 0.1280, 1.058, -0.2123),
    }
    for side, (rate, volatility, ratio, fall) in expected.items():
        one = answer[side]
        assert one["cagr"] == pytest.approx(rate, abs=3e-4)
        assert one["volatility"] == pytest.approx(volatility, abs=3e-4)
        assert one["return_per_volatility"] == pytest.approx(ratio, abs=3e-3)
        assert one["max_drawdown"]["depth"] == pytest.approx(fall, abs=1e-3)
    assert (answer["frequency"], answer["sessions"], answer["periods_per_year"]) == ("monthly", 72, 12.0)
    assert "simulated" not in answer["quality"]
    daily = json.loads(run(*PLAN, *where).out)
    assert "simulated" in daily["quality"]
    assert "--frequency monthly rests on published figures" in " ".join(daily["notes"])


@pytest.mark.parametrize("frequency", ["daily", "weekly", "monthly"])
def test_only_figures_between_month_ends_carry_no_mark(run: Run, sample_home: Path, frequency: str) -> None:
    result = run(
        "metrics", "BTC", "SPY", "--from", "2019", "--to", "2024", "--frequency", frequency,
        "--basis", "total", "--risk-free", "TBILL_13W", "--home", sample_home, "--format", "json",
    )  # fmt: skip
    figures = json.loads(result.out)["figures"]
    marked = {one["metric"] for one in figures if "simulated" in one["quality"]}
    whole = {"total_return", "log_return", "cagr"}
    assert marked == (
        {one["metric"] for one in figures} - whole if frequency in {"daily", "weekly"} else set()
    )
    assert {"sharpe", "volatility", "max_drawdown"} <= {one["metric"] for one in figures}


def month_returns(name: str, after: str, last: str) -> dict[str, float]:
    """Returns from one published month-end close to the next, by month."""
    with (FOLDER / "month_end_closes.csv").open(encoding="utf-8", newline="") as file:
        closes = {r["session"]: float(r["close"]) for r in csv.DictReader(file) if r["instrument_id"] == name}
    steps = [day for day in sorted(closes) if after <= day <= last]
    return {day[:7]: closes[day] / closes[before] - 1 for before, day in pairwise(steps)}


def test_pairs_by_month_equal_the_published_closes_and_carry_no_mark(sample_home: Path) -> None:
    lake = Lake(sample_home / "data")
    terms: Any = {"start": date(2019, 1, 1), "end": date(2024, 12, 31), "frequency": "monthly"}
    a, b = (list(month_returns(name, "2018-12-31", "2024-12-31").values()) for name in ("BTC", "NASDAQ"))
    assert len(a) == len(b) == 72
    expected = correlation(a, b)
    answer = lake.metrics(["BTC"], benchmark="NASDAQ", **terms)
    pairs = {name: answer.figure("BTC", name) for name in PAIRED}
    assert pairs["correlation"].value == pytest.approx(expected, abs=1e-12)
    assert pairs["tracking_error"].value == pytest.approx(
        stdev(x - y for x, y in zip(a, b, strict=True)) * 12**0.5, rel=1e-12
    )
    assert {(one.n, one.quality) for name, one in pairs.items() if "capture" not in name} == {(72, "")}
    assert not any("simulated" in one.quality for one in pairs.values())
    cell = lake.matrix(["BTC", "NASDAQ"], **terms).pair("BTC", "NASDAQ")
    assert (cell.correlation, cell.n) == (pytest.approx(expected, abs=1e-12), 72)
    assert (cell.first_session, cell.last_session, cell.quality) == (
        date(2018, 12, 31),
        date(2024, 12, 31),
        "",
    )
    rolled = lake.rolling(["BTC"], benchmark="NASDAQ", periods=12, **terms).rows
    assert [one.correlation for one in rolled] == pytest.approx(
        [correlation(a[n : n + 12], b[n : n + 12]) for n in range(61)], abs=1e-12
    )
    assert {one.quality for one in rolled} == {""}


@pytest.mark.parametrize("changed", [{"frequency": "weekly"}, {"sessions": "shared"}], ids=str)
def test_pairs_between_month_ends_are_marked(sample_home: Path, changed: dict[str, str]) -> None:
    lake = Lake(sample_home / "data")
    terms: Any = {"start": date(2019, 1, 1), "end": date(2024, 12, 31), "frequency": "monthly"} | changed
    answer = lake.metrics(["BTC"], benchmark="NASDAQ", **terms)
    rolled = lake.rolling(["BTC"], benchmark="NASDAQ", periods=12, **terms).rows
    assert {answer.figure("BTC", name).quality for name in PAIRED} == {"simulated"}
    assert {one.quality for one in rolled} == {"simulated"}
    if terms["frequency"] == "weekly":
        assert lake.matrix(["BTC", "NASDAQ"], **terms).quality == ("simulated", "simulated")


def test_origin_of_each_bar(run: Run, sample_home: Path) -> None:
    text = (
        "SELECT o.origin, count(*) AS n, bool_and(last_day(o.session) - o.session < 4) AS at_month_end "
        "FROM bar_origin AS o WHERE o.instrument_id = 'SPY' GROUP BY ALL ORDER BY 1"
    )
    result = run("query", text, "--home", sample_home, "--format", "json")
    assert json.loads(result.out) == [
        {"origin": "published", "n": 145, "at_month_end": True},
        {"origin": "simulated", "n": 3019 - 145, "at_month_end": False},
    ]
    text = "SELECT DISTINCT origin FROM bar_origin WHERE instrument_id IN ('EUR', 'US_CPI')"
    assert run("query", text, "--home", sample_home, "--format", "csv").out.split() == ["origin", "published"]


def test_conversion_to_euro_uses_ecb_rates(run: Run, sample_home: Path) -> None:
    dollars, euros = (
        json.loads(
            run("compare", "BTC", "NASDAQ", "--from", "2022", "--to", "2022", "--home", sample_home,
                "--format", "json", *extra).out
        )["rows"][0]["returns"][1]["simple_return"]
        for extra in ([], ["--currency", "EUR"])
    )  # fmt: skip
    # the ECB's reference rates of 2021-12-31 and 2022-12-30
    rate = 1.1326 / 1.0666
    assert 1 + euros == pytest.approx((1 + dollars) * rate, rel=1e-12)


def test_status_reports_stored_sessions_and_freshness(run: Run, sample_home: Path) -> None:
    result = run("status", "--home", sample_home, "--now", NOW, "--format", "json")
    status = json.loads(result.out)
    by_id = {one["instrument_id"]: one for one in status["instruments"]}
    assert status["origin"] == "simulated"
    assert status["built"] is True
    assert by_id["NASDAQ"] == {
        "instrument_id": "NASDAQ",
        "last_session": "2025-12-31",
        "sessions_due": 0,
        "outcome": "ok",
        "source": "yahoo",
        "message": "",
        "open_gaps": 0,
        "permanent_gaps": 0,
        "verified_on": "2026-01-02",
    }


def test_query_refuses_statements_that_write(run: Run, sample_home: Path) -> None:
    sql = "FROM compare('BTC', 'NASDAQ') SELECT count(*) AS years"
    assert run("query", sql, "--home", sample_home, "--format", "csv").out.startswith("years\n")
    refused = run("query", "DROP TABLE instrument", "--home", sample_home)
    assert refused.code == 2
    assert "read-only" in refused.err


HOSTILE = "'=1+1', '+1', '-1', '@a', chr(9) || 'x', chr(13) || 'x', 'x' || chr(13) || '=1', '\uff1d1'"


def test_csv_escapes_formulas_in_text_but_not_numbers(run: Run, sample_home: Path) -> None:
    figures = "-1.5 AS a, -1 AS b, CAST(-2.5 AS DECIMAL(9, 2)) AS c, NULL AS d"
    text = f'SELECT unnest([{HOSTILE}]) AS "=cmd", {figures}'
    result = run("query", text, "--home", sample_home, "--format", "csv")
    heading, *lines = csv.reader(io.StringIO(result.out, newline=""))
    assert heading == ["'=cmd", "a", "b", "c", "d"]
    assert len(lines) == 8
    for cell, *others in lines:
        assert cell.startswith(("'", "x\n="))
        assert others == ["-1.5", "-1", "-2.50", ""]


@pytest.mark.parametrize("output", ["markdown", "table", "json"])
def test_hostile_text_is_escaped_in_every_format(run: Run, sample_home: Path, output: str) -> None:
    cells = [
        "<script>alert(1)</script>",
        "a|b\nc",
        "[red]x[/red]",
        "\x1b[31mred",
        "\u202egnp.exe",
        "&amp;",
        "\\|",
    ]
    listed = ", ".join("'" + cell.replace("'", "''") + "'" for cell in cells)
    result = run(
        "query", f'SELECT unnest([{listed}]) AS "<b>[red]|"', "--home", sample_home, "--format", output
    )
    assert result.code == 0
    if output == "json":
        assert [next(iter(row.values())) for row in json.loads(result.out)] == cells
        return
    assert all(c.isprintable() or c == "\n" for c in result.out)
    assert len(result.out.splitlines()) == len(cells) + 2
    if output == "table":
        assert "[red]x[/red]" in result.out
        return
    assert "<" not in result.out
    assert "&lt;script&gt;" in result.out
    for line in result.out.splitlines():
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 2


@pytest.mark.parametrize("name", ["Sharpe", "sharpe", "VAR 95 % (1 day)", "maximum drawdown", "max_drawdown"])
def test_metric_chooses_what_is_shown(run: Run, sample_home: Path, name: str) -> None:
    every, chosen = (
        list(csv.DictReader(io.StringIO(run(*command, "--home", sample_home, "--format", "csv").out)))
        for command in (["metrics", "BTC", "GOLD"], ["metrics", "BTC", "GOLD", "--metric", name])
    )
    [metric] = {row["metric"] for row in chosen}
    assert chosen == [row for row in every if row["metric"] == metric]


def test_metrics_keep_the_order_in_which_they_are_chosen(run: Run, sample_home: Path) -> None:
    command = ["metrics", "BTC", "--metric", "Sharpe", "--metric", "cagr", "--home", sample_home]
    shown = run(*command).out.splitlines()
    assert [line.split()[0] for line in shown[2:4]] == ["Sharpe", "CAGR"]
    assert "drawdown" not in "".join(shown)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["metrics", "BTC", "--metric", "sharp"],
            "choose one of: total return, log return, CAGR, volatility",
        ),
        (
            ["metrics", "BTC", "--metric", "beta"],
            "beta is a figure against another instrument; give --benchmark",
        ),
        (["metrics", "BTC", "--metric", "beta", "--rolling", "--benchmark", "GOLD"], "leave out --rolling"),
        (["scoreboard", "--sort", "volatile"], "choose one of: instrument, total return, CAGR, volatility"),
    ],
)
def test_an_unknown_name_lists_what_is_allowed(
    run: Run, sample_home: Path, arguments: list[str], message: str
) -> None:
    refused = run(*arguments, "--home", sample_home)
    assert refused.code == 2
    assert message in refused.err


def test_scoreboard_sorts_by_every_heading_of_its_table(run: Run, sample_home: Path) -> None:
    shown = run("scoreboard", "--home", sample_home).out.splitlines()[0]
    for heading in re.split(r"\s{2,}", shown.strip()):
        assert run("scoreboard", "--home", sample_home, "--sort", heading.upper()).code == 0
    by_drop, by_id = (
        run("scoreboard", "--home", sample_home, "--sort", name, "--format", "csv").out
        for name in ("Maximum Drawdown", "max_drawdown")
    )
    assert by_drop == by_id


def test_csv_has_no_formula_behind_a_tab(run: Run, sample_home: Path) -> None:
    texts = "SELECT unnest([chr(9) || '=1+1', 'x' || chr(9) || '=1+1', '  =1+1']) AS cell"
    result = run("query", texts, "--home", sample_home, "--format", "csv")
    assert "\t" not in result.out
    cells = [line[0] for line in csv.reader(io.StringIO(result.out))]
    assert cells == ["cell", "' =1+1", "x =1+1", "'  =1+1"]


def test_csv_never_starts_a_formula(run: Run, sample_home: Path) -> None:
    result = run("query", "SELECT '=1+1' AS cell, -1 AS figure", "--home", sample_home, "--format", "csv")
    assert list(csv.reader(io.StringIO(result.out))) == [["cell", "figure"], ["'=1+1", "-1"]]
