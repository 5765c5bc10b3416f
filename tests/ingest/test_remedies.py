"""Every remedy of a check is followed: afterwards the check finds nothing."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer.main

from marketlake.cli import app as cli
from marketlake.engine.checks import checks
from marketlake.ingest.build import build
from marketlake.ingest.run import ingest
from marketlake.lake import Lake
from marketlake.model.errors import UsageError

from ..sample import Result as Result
from ..sample import Run as Run
from ..universes import entry
from .homes import rows, settings_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FIRST, COUNT = date(2024, 1, 1), 120
DAY = FIRST + timedelta(days=60)
NOW, LATER = "2024-05-01T12:00Z", "2024-05-01T18:00Z"
FIELDS = ("open", "high", "low", "close", "volume", "dividend", "split")

Row = dict[str, Any]
Series = dict[date, Row]


def honest() -> Series:
    """A walk of 1 % a day with plausible ranges."""
    chance, close, found = random.Random(7), 100.0, dict[date, Row]()
    for number in range(COUNT):
        start, close = close, close * (1 + chance.uniform(-0.01, 0.01))
        high, low = max(start, close) * 1.002, min(start, close) * 0.998
        values = (start, high, low, close, 1000 + number, 0.0, 1.0)
        found[FIRST + timedelta(days=number)] = dict(zip(FIELDS, values, strict=True))
    return found


def split_in_two(series: Series) -> Series:
    halved = {day: row | {name: row[name] / 2 for name in FIELDS[:4]} for day, row in series.items()}
    return {day: halved[day] if day >= DAY else row for day, row in series.items()} | {
        DAY: halved[DAY] | {"split": 2.0}
    }


def serve(home: Path, series: Mapping[date, Row], name: str = "X") -> None:
    (home / "files").mkdir(parents=True, exist_ok=True)
    text = [",".join(["date", *FIELDS])]
    text += [",".join([str(day), *(repr(row[name]) for name in FIELDS)]) for day, row in series.items()]
    (home / "files" / f"{name}.csv").write_text("\n".join(text) + "\n")


def write(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "instruments.toml").write_text(text)


def listed(*sources: str, **more: Any) -> str:
    usual = {"kind": "equity", "calendar": "24/7", "since": FIRST}
    return entry("X", *(sources or ("files:X.csv",)), **(usual | more))


def correct(home: Path, day: date, name: str, old: float, new: float) -> None:
    with (home / "corrections.toml").open("a") as file:
        fields = {"instrument": "X", "field": name, "reason": "another source"}
        lines = [f"{key} = {json.dumps(value)}" for key, value in fields.items()]
        file.write(
            "\n".join(["[[correction]]", *lines, f"session = {day}", f"old = {old!r}", f"new = {new!r}", ""])
        )


def found(home: Path) -> set[str]:
    settings = settings_of(home, LATER)
    build(settings)
    return {one.check for one in Lake(settings.lake).check().findings}


@dataclass(frozen=True)
class Wrong:
    """One wrong value, or several, of `DAY` or another session; a correction of each is the remedy."""

    values: Mapping[str, float]
    day: date = DAY


CORRECTED = {
    "split_not_applied": Wrong({"split": 3000.0}),
    "dividend_size": Wrong({"dividend": 150.0}),
    "dividend_not_in_price": Wrong({"dividend": 12.0}),
    "high_below_low": Wrong({"high": 50.0}),
    "far_outside_range": Wrong({"open": 1.0}),
    "close_outside_range": Wrong({"high": 0.0}),
    "open_outside_range": Wrong({"open": 0.0}),
    "high_just_below_low": Wrong({"high": 0.0}),
    "range_spike": Wrong({"high": 130.0}),
    "unit_spike": Wrong({name: 0.0 for name in FIELDS[:4]}),
    "spike": Wrong({name: 0.0 for name in FIELDS[:4]}),
    "split_suspected": Wrong({"split": 1.0}),
    "jump": Wrong({name: 0.0 for name in FIELDS[:4]}),
    "not_positive": Wrong({"low": -5.0}),
}
"""By check; 0 stands for a figure that follows from the right ones."""
FACTORS = {"unit_spike": 100.0, "spike": 1.3, "jump": 2.2}


def spoilt(check: str, wrong: Wrong, right: Row) -> Row:
    values = dict(wrong.values)
    if check in FACTORS:
        values = {name: right[name] * FACTORS[check] for name in values}
    elif check == "close_outside_range":
        values = {"high": right["close"] * 0.999}
    elif check == "open_outside_range":
        values = {"open": right["high"] * 1.01}
    elif check == "high_just_below_low":
        values = {"high": right["low"] * 0.999}
    return values


@pytest.mark.parametrize("check", CORRECTED)
def test_a_correction_removes_the_finding(tmp_path: Path, check: str) -> None:
    home, wrong = tmp_path / "home", CORRECTED[check]
    right = split_in_two(honest()) if check == "split_suspected" else honest()
    values = spoilt(check, wrong, right[wrong.day])
    write(home, listed())
    serve(home, right | {wrong.day: right[wrong.day] | values})
    ingest(settings_of(home, NOW))
    assert check in found(home)
    for name, value in values.items():
        correct(home, wrong.day, name, value, right[wrong.day][name])
    # a quarantined row is stored when it is next served
    ingest(settings_of(home, LATER), ["X"], (wrong.day, wrong.day))
    ingest(settings_of(home, LATER))
    assert found(home) == set()
    (row,) = [row for row in rows(home / "data", "bar") if row["session"] == wrong.day]
    assert {name: row[name] for name in values} == pytest.approx({n: right[wrong.day][n] for n in values})


def test_missing_sessions_come_from_another_source(tmp_path: Path, run: Run) -> None:
    home, whole = tmp_path / "home", honest()
    gone = [DAY, DAY + timedelta(days=1)]
    write(home, listed())
    serve(home, {day: row for day, row in whole.items() if day not in gone})
    ingest(settings_of(home, NOW))
    assert found(home) == {"missing_session"}
    other = {
        day: row | {"close": row["close"] * 1.001, "high": row["high"] * 1.002} for day, row in whole.items()
    }
    serve(home, other, "Y")
    asked = ("backfill", "X", "--from", gone[0], "--to", gone[1], "--home", home, "--now", LATER, "--source")
    refused = run(*asked, "kraken")
    assert refused.code == 2
    assert "X does not list the source 'kraken' but files" in refused.err
    # `files` cannot be two sources: the same one serves the sessions later
    serve(home, whole)
    answer = run(*asked, "files")
    assert answer.code == 0, answer.err
    assert found(home) == set()


def test_backfill_from_a_source_requests_no_other(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write(home, listed("yahoo:X", "files:X.csv"))
    serve(home, honest())
    (row,) = ingest(settings_of(home, NOW), ["X"], (FIRST, DAY), source="files")
    assert (row["outcome"], row["source"], row["attempts"]) == ("ok", "files", 1)
    with pytest.raises(UsageError, match=r"add \{ source = \"kraken\", symbol"):
        ingest(settings_of(home, NOW), ["X"], (FIRST, DAY), source="kraken")


def test_what_instruments_toml_declares(tmp_path: Path) -> None:
    home, whole = tmp_path / "home", honest()
    # not_positive: a price of a commodity
    negative = whole | {DAY: whole[DAY] | dict.fromkeys(FIELDS[:4], -37.63)}
    write(home, listed())
    serve(home, negative)
    ingest(settings_of(home, NOW))
    assert "not_positive" in found(home)
    text = (home / "instruments.toml").read_text()
    write(home, text.replace("since", "negative_prices = true\nsince"))
    ingest(settings_of(home, LATER), ["X"], (DAY, DAY))
    assert "not_positive" not in found(home)
    # late: an instrument that no longer trades
    (home / "files" / "X.csv").write_text((home / "files" / "X.csv").read_text())
    settings = settings_of(home, "2024-06-01T12:00Z")
    build(settings)
    assert "late" in {one.check for one in Lake(settings.lake).check().findings}
    write(home, (home / "instruments.toml").read_text().replace("since", f"until = {max(whole)}\nsince"))
    settings = settings_of(home, "2024-06-01T13:00Z")
    build(settings)
    assert "late" not in {one.check for one in Lake(settings.lake).check().findings}


def test_off_calendar_and_wrong_currency(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write(home, listed(calendar="XNYS"))
    serve(home, honest())
    ingest(settings_of(home, NOW))
    assert "off_calendar" in found(home)
    write(home, listed())
    assert "off_calendar" not in found(home)
    path = home / "files" / "X.csv"
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([f"{header},currency", *(f"{line},EUR" for line in lines)]) + "\n")
    (row,) = ingest(settings_of(home, LATER))
    assert row["outcome"] == "quarantined"
    write(home, listed(quote_currency="EUR"))
    (row,) = ingest(settings_of(home, LATER))
    assert row["outcome"] in {"ok", "no_new_data"}


def test_a_lake_with_a_question_mark_is_refused(tmp_path: Path, run: Run) -> None:
    write(tmp_path / "home", listed())
    refused = run("run", "--home", tmp_path / "home", "--lake", tmp_path / "why?", "--now", NOW)
    assert refused.code == 2
    assert "choose another folder" in refused.err
    serve(tmp_path / "home", honest())
    assert run("ingest", "--home", tmp_path / "home", "--lake", tmp_path / "so", "--now", NOW).code == 0


def test_a_stray_file_is_named_and_removing_it_is_enough(tmp_path: Path, run: Run) -> None:
    home = tmp_path / "home"
    write(home, listed())
    serve(home, honest())
    ingest(settings_of(home, NOW))
    build(settings_of(home, NOW))
    stored = next((home / "data" / "bar").rglob("*.parquet"))
    stray = stored.parent.parent / "year=1999" / "part.parquet"
    stray.parent.mkdir()
    stray.write_bytes(stored.read_bytes())
    named = run("verify", "--home", home)
    assert named.code == 1
    assert "year=1999" in named.out
    assert "remove it" in named.out
    assert "replay" not in named.out
    stray.unlink()
    assert run("verify", "--home", home).code == 0


COMMAND = re.compile(r"`marketlake ([a-z]+)((?: [^`]*)?)`")


def commands() -> list[tuple[str, str]]:
    """Every command that a message of ours names, with its arguments."""
    places = [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.sql")]
    texts = (re.sub(r"\n-- +", " ", re.sub(r'"\n\s+f?"', "", path.read_text("utf-8"))) for path in places)
    return sorted({match.groups() for text in texts for match in COMMAND.finditer(text)})


def test_every_command_that_a_message_names_exists() -> None:
    known = typer.main.get_command(cli.app)
    assert len(commands()) > 10
    for name, arguments in commands():
        command = known.commands.get(name)
        assert command is not None, name
        options = {option for each in command.params for option in each.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", arguments)) <= options, (name, arguments)


def test_every_check_has_a_remedy() -> None:
    without = [check.name for check in checks() if len(check.remedy) < 10]
    assert without == []
