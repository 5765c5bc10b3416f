"""The command `metrics`, on a small lake and in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from ...sample import Run
from ..lakes import BTC, NASDAQ, bar
from .walks import lay

pytestmark = pytest.mark.slow

START = date(2020, 12, 31)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    days = [START + timedelta(days=n) for n in range(366)]
    closes = {day: 100.0 + (n * 37 % 11) for n, day in enumerate(days)}
    rows = [bar(i, d, c) for i in (BTC, NASDAQ) for d, c in closes.items() if i is BTC or d.weekday() < 5]
    return lay(tmp_path_factory.mktemp("command"), [BTC, NASDAQ], rows)


def ask(lake: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it; the last line of the answer says whether pandas or Arrow was loaded."""
    program = (
        "import sys; from marketlake.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: code = end.code\n"
        "print('loaded', {'pandas', 'pyarrow', 'exchange_calendars'} & set(sys.modules)); sys.exit(code)"
    )
    command = [sys.executable, "-c", program, "metrics", *arguments, "--lake", str(lake)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_year_argument_means_its_first_and_last_day(lake: Path) -> None:
    by_day = ask(lake, "BTC", "--from", "2021-01-01", "--to", "2021-12-31", "--format", "csv")
    by_year = ask(lake, "BTC", "--from", "2021", "--to", "2021", "--format", "csv")
    assert by_day.returncode == 0, by_day.stderr
    assert by_year.stdout == by_day.stdout


def test_table_shows_window_basis_currency_and_notes(lake: Path) -> None:
    done = ask(lake, "BTC", "--benchmark", "NASDAQ", "--from", "2021-01-01", "--to", "2021-12-31")
    assert done.returncode == 0, done.stderr
    assert "loaded set()" in done.stdout
    for text in (
        "CAGR",
        "maximum drawdown",
        "down capture",
        "365",
        "252",
        "2020-12-31",
        "price return, USD",
        "BTC 1 year",
    ):
        assert text in done.stdout
    assert "midnight UTC" in done.stdout


@pytest.fixture
def output(run: Run, lake: Path) -> Callable[..., str]:
    """Run it in this process: what it printed, errors included."""
    return lambda *arguments: "".join(run("metrics", *arguments, "--lake", lake)[1:])


def test_json_and_csv_contain_every_figure(output: Callable[..., str]) -> None:
    options = ("BTC", "--benchmark", "NASDAQ", "--frequency", "weekly", "--risk-free", "0.02")
    answer = json.loads(output(*options, "--format", "json"))
    assert {figure["metric"] for figure in answer["figures"]} >= {"sharpe", "alpha", "calmar"}
    assert (answer["risk_free"], answer["frequency"]) == (0.02, "weekly")
    lines = output(*options, "--format", "csv").splitlines()
    assert lines[0].startswith(
        "instrument_id,metric,value,unit,n,first_session,last_session,periods_per_year"
    )
    assert len(lines) == 1 + len(answer["figures"])


def test_invalid_annualise_is_refused(output: Callable[..., str]) -> None:
    assert "neither auto nor a number" in output("BTC", "--annualise", "often")


def test_returns_by_period(run: Run, lake: Path) -> None:
    def output(*arguments: str) -> str:
        return run("returns", *arguments, "--lake", lake).out

    printed = output("BTC", "NASDAQ", "--by", "quarter")
    for text in ("2021 Q3", "2021-09-30", "returns by quarter on own sessions", "price return, USD"):
        assert text in printed
    lines = output("BTC", "--by", "month", "--format", "csv").splitlines()
    assert lines[0] == ("instrument_id,period,start_session,session,days,n,simple_return,log_return,quality")
    assert [line.split(",")[1] for line in lines[1:]] == [f"2021-{month:02}-01" for month in range(1, 13)]


def test_rolling_figures(output: Callable[..., str]) -> None:
    options = ("BTC", "--benchmark", "NASDAQ", "--rolling", "--window", "20")
    printed = output(*options)
    for text in ("down capture", "the latest 120 of 2", "20 daily returns each, against NASDAQ"):
        assert text in printed
    answer = json.loads(output(*options, "--format", "json"))
    assert (answer["periods"], len(answer["rows"][0])) == (20, 13)
    assert len(answer["rows"]) == 261 - 20 + 1


def test_as_of_is_shown(output: Callable[..., str]) -> None:
    printed = output("BTC", "--as-of", "2021-06-30", "--annualise-short")
    assert "2021-01-01 to 2021-06-28" in printed
    assert "as known at 2021-06-30T00:00:00+00:00" in printed
    assert "not annualised" not in printed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--window", "20"), "give --rolling too"),
        (("--rolling",), "need a benchmark"),
    ],
    ids=str,
)
def test_incompatible_options_are_refused(
    output: Callable[..., str], options: tuple[str, ...], message: str
) -> None:
    assert message in output("BTC", *options)
