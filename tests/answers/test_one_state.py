"""Every answer is of one snapshot, also during a concurrent commit or build."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from marketlake.claims.claim import SleeveClaim, WinsClaim
from marketlake.engine import reader
from marketlake.lake import Lake
from marketlake.model.errors import LakeChangedError, LakeError, UsageError

from ..campaign_size import campaign
from .lakes import BILL, BTC, CPI, EUR, SHARE, bar, last_day, make, year_ends

pytestmark = pytest.mark.slow
INSTRUMENTS = [BTC, SHARE, EUR, CPI, BILL]
CLAIMS = (
    WinsClaim("WINS", "BTC won", "a test", "2025", 2021, 2022, "BTC", "SHARE", 1),
    SleeveClaim("SLEEVE", "it helps", "a test", "2025", 2021, 2022, {"SHARE": 1.0}, "BTC", 0.03),
)
SINCE = datetime(2023, 1, 15, tzinfo=UTC)


def rows(last: int, scale: float) -> list[dict[str, Any]]:
    """Year ends and a few days around them, so that every answer has rows."""
    years = range(2019, last + 1)
    closes = {year: scale * (100.0 + 7 * (year % 5) + year - 2019) for year in years}
    result = [
        *year_ends(BTC, {year: close * (1 + year % 3) for year, close in closes.items()}),
        *year_ends(SHARE, closes),
        *year_ends(EUR, {year: 1.1 for year in years}),
        *year_ends(CPI, {year: 250.0 + year for year in years}),
        *year_ends(BILL, {year: 2.0 for year in years}),
    ]
    for one in (BTC, SHARE):
        for year in years:
            days = [last_day(SHARE, year) - timedelta(days=7 * back) for back in (1, 2, 3)]
            result += [bar(one, day, closes[year] * (1 + back / 50)) for back, day in enumerate(days, 1)]
    return sorted(result, key=lambda row: (row["instrument_id"], row["session"]))


@dataclass(frozen=True)
class States:
    """A lake's folder and copies of it: before, after a commit that was not built yet, after the build."""

    lake: Path
    before: Path
    committed: Path
    built: Path

    def put(self, state: Path, place: Callable[[Path, Path], object] = os.link) -> None:
        """As a commit and a build do: other files take the places, new ones come, the manifest last."""
        paths = sorted((p for p in state.rglob("*") if p.is_file()), key=lambda p: p.name == "manifest.json")
        wanted = {path.relative_to(state) for path in paths}
        for path in paths:
            target = self.lake / path.relative_to(state)
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{target.name}.next")
            place(path, temporary)
            temporary.replace(target)
        for path in [p for p in self.lake.rglob("*") if p.is_file()]:
            if path.relative_to(self.lake) not in wanted:
                path.unlink()


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> States:
    """The commit restates all history and adds a year, whose files are new."""
    folder = tmp_path_factory.mktemp("states")
    copies = States(folder / "lake", folder / "before", folder / "committed", folder / "built")
    for state, bars in ((copies.before, rows(2022, 1.0)), (copies.built, rows(2023, 3.0))):
        shutil.rmtree(copies.lake, ignore_errors=True)
        make(copies.lake, INSTRUMENTS, bars, claims=CLAIMS)
        shutil.copytree(copies.lake, state)
    shutil.copytree(copies.before, copies.committed)
    for path in copies.built.rglob("part.parquet"):
        below = path.relative_to(copies.built)
        if below.parts[0] in {"bar", "revision"}:
            (copies.committed / below).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copies.committed / below)
    manifest = json.loads((copies.before / "manifest.json").read_bytes())
    after = json.loads((copies.built / "manifest.json").read_bytes())
    prices = ("bar/", "revision/")
    manifest["files"] |= {path: entry for path, entry in after["files"].items() if path.startswith(prices)}
    manifest["snapshot"] = after["snapshot"]
    (copies.committed / "manifest.json").write_text(json.dumps(manifest))
    return copies


ANSWERS: dict[str, Callable[[Lake], Any]] = {
    "prices": lambda lake: lake.prices(["BTC", "SHARE"], basis="total").to_arrow().to_pylist(),
    "query": lambda lake: lake.query("SELECT count(*), sum(close) FROM bar").to_arrow().to_pylist(),
    "compare": lambda lake: lake.compare(["BTC", "SHARE"], risk=True, currency="EUR").to_dict(),
    "metrics": lambda lake: lake.metrics(["BTC"], benchmark="SHARE", risk_free="BILL").to_dict(),
    "returns": lambda lake: lake.returns(["BTC", "SHARE"], period="year").to_dict(),
    "aligned_returns": lambda lake: lake.aligned_returns(["BTC", "SHARE"]).to_arrow().to_pylist(),
    "rolling": lambda lake: lake.rolling(["BTC"], benchmark="SHARE", periods=2).to_dict(),
    "scoreboard": lambda lake: lake.scoreboard(by_year=True).to_dict(),
    "matrix": lambda lake: lake.matrix(["BTC", "SHARE"]).to_dict(),
    "changes": lambda lake: lake.changes(SINCE).to_dict(),
    "explain": lambda lake: lake.explain(["BTC"], SINCE, currency="EUR").to_dict(),
    "check": lambda lake: lake.check().to_dict(),
    "portfolio": lambda lake: lake.portfolio("97 SHARE, 3 BTC", {"sleeve": "BTC"}).to_dict(),
    "claims": lambda lake: lake.claims().to_dict(),
    "report": lambda lake: lake.report_page(),
}
"""Every public answer."""


def same(a: Any, b: Any) -> bool:
    """Equal but for the last digits, which go by the order in which threads add up."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return bool(a == b)


class Steps:
    """Stands before each statement and file opening of a reader; does something before one of them."""

    def __init__(self, at: int = 0, act: Callable[[], None] = lambda: None) -> None:
        self.count, self._at, self._act = 0, at, act

    def __call__(self, what: str) -> None:
        self.count += 1
        if self.count == self._at:
            self._act()


def ask(states: States, name: str, monkeypatch: pytest.MonkeyPatch, steps: Steps) -> Any:
    """The answer; after a commit that was not built yet, the error that says so where bars are needed."""
    with monkeypatch.context() as patch:
        patch.setattr(reader, "step", steps)
        try:
            return ANSWERS[name](Lake(states.lake))
        except LakeError as error:
            if "newer data than its market.duckdb" not in str(error):
                raise
            return str(error)


def test_every_public_answer_is_tested() -> None:
    others = {"reader", "report_page", "query_rows", "instruments", "trends"}
    assert {name for name in dir(Lake) if not name.startswith("_")} == {*ANSWERS, *others}


@pytest.fixture(scope="module")
def opening(states: States) -> int:
    """How many steps open a lake, the same for every answer."""
    states.put(states.before)
    steps = Steps()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "step", steps)
        with Lake(states.lake).reader():
            return steps.count


@pytest.mark.parametrize("name", ANSWERS)
def test_answer_is_of_one_snapshot(
    states: States, opening: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    for state in (states.before, states.committed, states.built):
        states.put(state)
        counted = Steps()
        answers.append(ask(states, name, monkeypatch, counted))
        if state is states.before:
            statements = counted.count
    before, committed, built = answers
    assert not same(before, built)
    assert statements > opening > 5
    # one answer tries the steps of opening for all
    for n in range(1 if name == "query" else opening, statements + 1):
        # each place sees one of the two, and both where everything is tried
        for state, after in ((states.committed, committed), (states.built, built)):
            if campaign() or (n % 2 == 0) == (state is states.built):
                states.put(states.before)
                answer = ask(states, name, monkeypatch, Steps(n, lambda to=state: states.put(to)))
                assert same(answer, before) or same(answer, after), (
                    f"{name}: {state.name} before statement {n} of {statements}"
                )


def test_no_retry_without_a_concurrent_change(states: States, monkeypatch: pytest.MonkeyPatch) -> None:
    states.put(states.before)
    opened = []
    real = reader._state_of
    monkeypatch.setattr(reader, "_state_of", lambda lake: opened.append(lake) or real(lake))
    Lake(states.lake).compare(["BTC", "SHARE"], risk=True)
    assert opened == [states.lake]


def test_an_open_lake_attaches_its_database_again_only_after_a_change(
    states: States, monkeypatch: pytest.MonkeyPatch
) -> None:
    states.put(states.before)
    opened = []
    real = reader._connected
    monkeypatch.setattr(reader, "_connected", lambda *state: opened.append(state) or real(*state))
    lake = Lake(states.lake)
    before = [lake.compare(["BTC", "SHARE"], risk=True) for _ in range(3)]
    with pytest.raises(UsageError, match="unknown instrument"):
        lake.prices(["NOPE"])
    assert (
        before[0]
        == before[1]
        == before[2]
        == pickle.loads(pickle.dumps(lake)).compare(["BTC", "SHARE"], risk=True)
    )
    assert len(opened) == 2
    states.put(states.built)
    assert lake.compare(["BTC", "SHARE"], risk=True) == Lake(states.lake).compare(["BTC", "SHARE"], risk=True)
    assert lake.compare(["BTC", "SHARE"], risk=True).snapshot != before[0].snapshot


def _compared(lake: Lake) -> str:
    return lake.compare(["BTC", "SHARE"]).snapshot


def test_a_forked_process_attaches_the_database_itself(states: States) -> None:
    states.put(states.before)
    lake = Lake(states.lake)
    before = lake.compare(["BTC", "SHARE"])
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_compared, (lake,)) == before.snapshot
        # not terminated at the end: another test may have left a handler that ignores the signal
        pool.close()
        pool.join()
    assert lake.compare(["BTC", "SHARE"]) == before


def test_constantly_changing_lake_is_an_error(states: States, monkeypatch: pytest.MonkeyPatch) -> None:
    states.put(states.before)
    tries = []

    def replaced(text: str) -> None:
        if text.startswith("SELECT count"):
            tries.append(text)
            states.put(states.before, shutil.copyfile)

    monkeypatch.setattr(reader, "step", replaced)
    with pytest.raises(LakeChangedError, match="ask again"):
        Lake(states.lake).query("SELECT count(*) FROM bar")
    assert len(tries) == 5


def test_error_after_a_concurrent_change_is_retried(states: States, monkeypatch: pytest.MonkeyPatch) -> None:
    states.put(states.before)
    failed = []

    def fails_once(text: str) -> None:
        if text.startswith("SELECT count") and not failed:
            failed.append(text)
            states.put(states.before, shutil.copyfile)
            raise duckdb.Error("TProtocolException: Invalid data")

    monkeypatch.setattr(reader, "step", fails_once)
    assert len(Lake(states.lake).query("SELECT count(*) FROM bar")) == 1
    assert failed


def test_usage_error_is_not_retried(states: States, monkeypatch: pytest.MonkeyPatch) -> None:
    states.put(states.before)
    opened = []
    real = reader._state_of
    monkeypatch.setattr(reader, "_state_of", lambda lake: opened.append(lake) or real(lake))
    with pytest.raises(UsageError, match="unknown instrument"):
        Lake(states.lake).prices(["NOPE"])
    assert len(opened) == 1
