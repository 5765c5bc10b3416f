"""`marketlake compare A B C`, `compare A B --risk` and `matrix` in every format."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

import marketlake as ml

from ...sample import Run
from ..lakes import BTC, NASDAQ, SHARE, bar, make, year_ends

pytestmark = pytest.mark.slow

GOLD = replace(BTC, id="GOLD", asset_class="metal", calendar="XNYS")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    closes = {
        BTC: {2018: 100.0, 2019: 150, 2020: 120, 2021: 240},
        NASDAQ: {2018: 10.0, 2019: 11, 2020: 22, 2021: 33},
        GOLD: {2018: 4.0, 2019: 5, 2020: 4, 2021: 8, 2022: 9},
    }
    bars = [row for instrument, prices in closes.items() for row in year_ends(instrument, prices)]
    return make(tmp_path_factory.mktemp("command"), [*closes, SHARE], bars)


@pytest.fixture
def run(run: Run, lake: Path) -> Run:
    return lambda *arguments, lake=lake: run(*arguments, "--lake", lake)


MANY = ("compare", "BTC", "NASDAQ", "GOLD")


def test_compare_many_as_a_table(run: Run) -> None:
    code, out, _ = run(*MANY, "--to", "2022")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert lines[0] == "year BTC NASDAQ GOLD ahead lead over quality"
    assert "2019 +50.00 % +10.00 % +25.00 % BTC +25.00 points GOLD gap" in lines
    assert "2022 +12.50 % incomplete missing,gap" in lines
    assert any(line.startswith("Of 3 years, BTC ahead in 1, NASDAQ ahead in 1.") for line in lines)
    assert "years ahead 1 of 3 1 of 3 0 of 3" in lines
    assert "note: not complete for all and not counted: 2022" in lines


def test_partial_year_return_is_marked_with_a_star(run: Run, tmp_path: Path) -> None:
    bars = [row for i in (BTC, NASDAQ, GOLD) for row in year_ends(i, {2019: 10.0})]
    bars += [bar(i, "2020-06-30", 20.0) for i in (BTC, NASDAQ, GOLD)]
    lake = make(tmp_path, [BTC, NASDAQ, GOLD], bars)
    _, out, _ = run(*MANY, "--from", "2020", "--to", "2020", lake=lake)
    assert "+100.00 % *" in out
    assert "incomplete" in out
    assert "No year can be judged" in out


def test_compare_many_as_json_csv_and_markdown(run: Run) -> None:
    answer = json.loads(run(*MANY, "--format", "json")[1])
    assert answer["wins"] == {"BTC": 1, "NASDAQ": 1, "GOLD": 0}
    rows = list(csv.DictReader(io.StringIO(run(*MANY, "--format", "csv")[1])))
    assert len(rows) == 9
    assert rows[0]["instrument_id"] == "BTC"
    assert float(rows[0]["simple_return"]) == pytest.approx(0.5)
    assert (rows[0]["winner"], rows[0]["runner_up"], float(rows[0]["lead"])) == ("BTC", "GOLD", 0.25)
    markdown = run(*MANY, "--format", "markdown")[1]
    assert markdown.startswith("| year | BTC | NASDAQ | GOLD | ahead | lead | over | quality |\n| --- |")
    assert "| total return | +140.00 % | +230.00 % | +100.00 % |" in markdown
    assert "note:" not in markdown


def test_compare_two_shows_risk_with_the_risk_flag(run: Run) -> None:
    plain, more = run("compare", "BTC", "NASDAQ")[1], run("compare", "BTC", "NASDAQ", "--risk")[1]
    assert "Sharpe" not in plain
    assert "maximum drawdown" in more
    assert "correlation with BTC" in more
    assert json.loads(run("compare", "BTC", "NASDAQ", "--format", "json")[1])["risk"] is None
    assert (
        json.loads(run("compare", "BTC", "NASDAQ", "--risk", "--format", "json")[1])["risk"]["benchmark"]
        == "BTC"
    )


def test_matrix_as_a_table(run: Run) -> None:
    code, out, _ = run("matrix", "--from", "2019", "--to", "2021", "--frequency", "monthly")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert lines[0] == "years won by BTC NASDAQ GOLD"
    assert "BTC 2 of 3 1 of 3" in lines
    assert "GOLD 0 of 3 2 of 3" in lines
    assert any(line.startswith("2019-01-01 to 2021-12-31: price return, USD, nominal.") for line in lines)
    assert "note: no bars are stored of SHARE" in lines


def test_matrix_as_json_csv_and_markdown(run: Run) -> None:
    answer = json.loads(run("matrix", "BTC", "GOLD", "--format", "json")[1])
    (pair,) = answer["pairs"]
    assert (pair["a"], pair["b"], pair["a_wins"], pair["b_wins"], pair["years"]) == ("BTC", "GOLD", 1, 0, 3)
    assert pair["ties"] == 2
    assert (pair["n"], pair["first_session"], pair["last_session"]) == (3, "2018-12-31", "2021-12-31")
    rows = list(csv.DictReader(io.StringIO(run("matrix", "--format", "csv")[1])))
    assert [(row["a"], row["b"]) for row in rows] == [("BTC", "NASDAQ"), ("BTC", "GOLD"), ("NASDAQ", "GOLD")]
    assert run("matrix", "--format", "markdown")[1].startswith("| years won by | BTC | NASDAQ | GOLD |")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compare", "BTC"), "name two instruments or more"),
        (("compare", "BTC", "NASDAQ", "BTC"), "BTC is named twice"),
        (("compare", "BTC", "NASDAQ", "GLOD"), "did you mean GOLD"),
        (("matrix", "--from", "last year"), "'last year' is not a date"),
        (("matrix", "BTC"), "name two instruments or more"),
    ],
)
def test_invalid_arguments_are_usage_errors(run: Run, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_python_accepts_dates_as_text(lake: Path) -> None:
    opened = ml.open(lake)
    assert opened.compare(["BTC", "NASDAQ", "GOLD"], start=2020).years == 2
    assert (
        opened.matrix(["BTC", "GOLD"], start="2020-01-01", as_of="2021-06-30").pair("BTC", "GOLD").years == 1
    )
