"""Every remedy of a check is followed as it is written: afterwards the finding is gone.

All checks share one lake, whose instruments are named after them, so that serving what they find
and following the remedies costs one build each.
"""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click
import pytest

from marketlake.cli.app import app
from marketlake.ingest.build import build
from marketlake.ingest.reconcile import reconcile
from marketlake.ingest.run import ingest
from marketlake.lake import Lake
from marketlake.model.errors import UsageError
from marketlake.model.settings import Settings, load_settings, parse_instant
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.folder import load_market
from marketlake.simulator.server import Simulator
from marketlake.simulator.server import serve as simulate

from ..sample import Result as Result
from ..sample import Run as Run
from ..universes import entry
from .conftest import Make
from .homes import rows, settings_of
from .remedy_cases import (
    CASES,
    COMMAND,
    DAY,
    FIELDS,
    FIRST,
    HONEST,
    REMEDY,
    Operator,
    Row,
    Series,
    after,
    write_csv,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BEFORE, NOW, NEXT, LATER = (f"2024-05-{hour}:00Z" for hour in ("01T06", "01T12", "02T06", "02T12"))
FUTURE = "future_date"
"""Judged by the vendor's own date, which a file has not."""

ZONE = "zone_changed"
"""No file has a time zone; `test_overlap.py` follows its remedy."""


@dataclass(frozen=True)
class Scene:
    """A home, the vendor on loopback and the command line."""

    operator: Operator
    simulator: Simulator
    run: Run

    def at(self, now: str) -> Settings:
        self.simulator.set_clock(parse_instant(now))
        return load_settings(home=self.operator.home, now=now, source_url=self.simulator.url, environ={})

    def serve(self) -> None:
        """What the checks find; some of it after a first load."""
        loaded = [case for case in CASES if case.before]
        for case in loaded:
            self.operator.serve(case.id, case.before or {})
        ingest(self.at(BEFORE), [case.id for case in loaded])
        for case in CASES:
            self.operator.serve(case.id, case.served, case.currency)
            if case.corrects:
                self.operator.correct(case.id, DAY, "close", *case.corrects)
            if case.then:
                case.then(self.operator, case)
        ingest(self.at(NOW))
        reconcile(self.at(NOW), [case.id for case in CASES if case.check == "sources_disagree"], FIRST)

    def follow(self) -> None:
        """Every remedy, then the next run and the commands."""
        for case in CASES:
            case.follow(self.operator, case)
        ingest(self.at(NEXT))
        self.at(LATER)
        for command in self.operator.commands():
            online = ["--source-url", self.simulator.url] if command[0] != "changes" else []
            answer = self.run(*command, "--home", self.operator.home, "--now", LATER, *online)
            assert answer.code in {0, 3}, (command, answer.err)

    def found(self, now: str) -> set[tuple[str, str]]:
        """Instrument and check of every finding."""
        settings = self.at(now)
        build(settings)
        return {(one.instrument_id, one.check) for one in Lake(settings.lake).check().findings}

    def stored(self) -> dict[str, dict[date, Row]]:
        """The rows of each instrument."""
        stored: dict[str, dict[date, Row]] = defaultdict(dict)
        for row in rows(self.operator.home / "data", "bar"):
            stored[row["instrument_id"]][row["session"]] = {name: row[name] for name in FIELDS}
        return stored


@pytest.fixture
def scene(tmp_path: Path, run: Run) -> Iterator[Scene]:
    for case in CASES:
        write_csv(tmp_path / "market" / f"{case.id}-USD.csv", case.yahoo or HONEST)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "instruments.toml").write_text("".join(case.listing() for case in CASES))
    with simulate(load_market(tmp_path / "market"), now=parse_instant(BEFORE)) as simulator:
        yield Scene(Operator(tmp_path / "home"), simulator, run)


def test_every_remedy_can_be_followed(scene: Scene) -> None:
    assert [case.id for case in CASES if case.says not in REMEDY[case.check]] == []
    scene.serve()
    found = scene.found(NOW)
    assert [case.id for case in CASES if (case.id, case.check) not in found] == []
    scene.follow()
    left = scene.found(LATER)
    assert [case.id for case in CASES if not case.stays and (case.id, case.check) in left] == []
    stored = scene.stored()
    assert [case.id for case in CASES if case.right and not same(stored[case.id], case.right)] == []
    assert (max(stored["BEFORE_GAP"]), min(stored["AFTER_GAP"])) == (after(-46), DAY)


def same(one: Series, other: Series) -> bool:
    return one.keys() == other.keys() and all(one[day] == pytest.approx(other[day], rel=1e-5) for day in one)


def test_every_check_has_a_followed_remedy() -> None:
    information = {name for name, remedy in REMEDY.items() if remedy.startswith("none needed;")}
    assert {*(case.check for case in CASES), FUTURE, ZONE} == set(REMEDY) - information
    assert information == {"capital_gain"}


def test_session_of_the_future_is_requested_again(make: Make, simulator: Simulator) -> None:
    assert "the next run requests the session again" in REMEDY[FUTURE]

    def found(now: str) -> set[str]:
        settings = make(at=now)
        ingest(settings)
        build(settings)
        return {one.check for one in Lake(settings.lake).check().findings}

    found("2024-01-10T12:00")
    simulator.set_faults([parse_fault("shifted:yahoo:NEW-USD:days=3")])
    assert FUTURE in found("2024-01-11T12:00")
    simulator.set_faults([])
    assert FUTURE not in found("2024-01-16T12:00")


def write(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "instruments.toml").write_text(text)


def listed(*sources: str) -> str:
    return entry("X", *(sources or ("files:X.csv",)), kind="equity", since=FIRST)


def test_backfill_from_a_source_requests_no_other(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write(home, listed("yahoo:X", "files:X.csv"))
    write_csv(home / "files" / "X.csv", HONEST)
    (row,) = ingest(settings_of(home, NOW), ["X"], (FIRST, DAY), source="files")
    assert (row["outcome"], row["source"], row["attempts"]) == ("ok", "files", 1)
    with pytest.raises(UsageError, match=r"add \{ source = \"kraken\", symbol"):
        ingest(settings_of(home, NOW), ["X"], (FIRST, DAY), source="kraken")


def test_a_lake_with_a_question_mark_is_refused(tmp_path: Path, run: Run) -> None:
    write(tmp_path / "home", listed())
    refused = run("run", "--home", tmp_path / "home", "--lake", tmp_path / "why?", "--now", NOW)
    assert refused.code == 2
    assert "choose another folder" in refused.err
    write_csv(tmp_path / "home" / "files" / "X.csv", HONEST)
    assert run("ingest", "--home", tmp_path / "home", "--lake", tmp_path / "so", "--now", NOW).code == 0


def test_a_stray_file_is_named_and_removing_it_is_enough(tmp_path: Path, run: Run) -> None:
    home = tmp_path / "home"
    write(home, listed())
    write_csv(home / "files" / "X.csv", HONEST)
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


def test_full_refresh_restores_every_file_of_the_marts(tmp_path: Path, run: Run) -> None:
    home = tmp_path / "home"
    write(home, listed())
    write_csv(home / "files" / "X.csv", HONEST)
    ingest(settings_of(home, NOW))
    build(settings_of(home, NOW))
    for path in (home / "data" / "daily_return").rglob("*.parquet"):
        path.unlink()
    named = run("verify", "--home", home)
    assert "`marketlake build --full-refresh` rebuilds marts" in named.out
    assert run("replay", "--home", home, "--now", NOW).code == 0
    assert run("build", "--full-refresh", "--home", home, "--now", NOW).code == 0
    assert run("verify", "--home", home).code == 0


def commands() -> list[tuple[str, str]]:
    """Every command that a message of ours names, with its arguments."""
    places = [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.sql")]
    texts = (re.sub(r"\n-- +", " ", re.sub(r'"\n\s+f?"', "", path.read_text("utf-8"))) for path in places)
    return sorted({match.groups() for text in texts for match in COMMAND.finditer(text)})


def test_every_command_that_a_message_names_can_be_run_as_written() -> None:
    """Placeholders are arguments too, so a command without what it needs is none."""
    context = click.Context(app)
    assert len(commands()) > 10
    for name, arguments in commands():
        words = shlex.split(re.sub(r"\{[^{}]*\}", "X", arguments))
        known = app.get_command(context, name)
        assert known is not None, name
        known.make_context(name, words).close()
