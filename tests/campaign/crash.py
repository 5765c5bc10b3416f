"""The crash campaign: kill -9 at random, perhaps twice, with leftover files; the next run must
restore the undisturbed state."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq

from marketlake.engine.reader import DUCKDB, stored_files
from marketlake.model.errors import LakeError
from marketlake.model.layout import DATABASE
from marketlake.model.schema import MARTS
from marketlake.store.verify import verify
from marketlake.store.writer import open_manifest

from . import kill
from .crash_works import KINDS, LOADED, Kind, Scene, vendors
from .workers import folder, simulator_process

KEPT = ("bar", "revision", *MARTS)
"""Tables that must be equal byte by byte."""
_QUERIES = (
    "FROM calendar_year_return ORDER BY ALL",
    "SELECT instrument_id, count(*), sum(close::DECIMAL(18, 6)), sum(volume::DECIMAL(18, 2)) FROM bar "
    "GROUP BY ALL ORDER BY ALL",
    "SELECT claim_id, verdict FROM claim_check ORDER BY ALL",
)
_BUILD_IS_DUE = re.compile(r"LakeError: \S+ holds newer data than its market\.duckdb")


@dataclass(frozen=True)
class Trial:
    """One home, killed and run again; the name defines everything except the instant of the
    kill."""

    kind: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.seed}"

    @classmethod
    def parse(cls, name: str) -> Trial:
        kind, seed = name.split(":")
        return cls(kind, int(seed))


@dataclass(frozen=True)
class TrialResult:
    """The result of a trial."""

    trial: Trial
    kills: int
    violations: tuple[str, ...]


@dataclass
class Reference:
    """The result of the undisturbed work."""

    before: Path
    state: dict[str, Any]
    touches: int
    seconds: float


@dataclass
class Workspace:
    """A worker's environment for trials."""

    scene: Scene
    folder: Path
    kinds: Mapping[str, Kind] = field(default_factory=lambda: KINDS)
    reference: dict[str, Reference] = field(default_factory=dict)

    def undisturbed(self, kind: str) -> Reference:
        """The home before the work and its undisturbed result, computed once, each in its own
        process."""
        if kind not in self.reference:
            before = self.folder / f"before-{kind}"
            shutil.rmtree(self.scene.home, ignore_errors=True)
            self.scene.begin()
            kill.in_child(lambda: self.kinds[kind].before(self.scene))
            shutil.copytree(self.scene.home, before)
            count = kill.touches(lambda: self.kinds[kind].act(self.scene))
            state = self.state(kind)
            self.again(kind, before)
            started = time.monotonic()
            kill.in_child(lambda: self.kinds[kind].act(self.scene))
            self.reference[kind] = Reference(before, state, count, time.monotonic() - started)
            differ = differences(self.state(kind), state)
            assert not differ, f"{kind} gives something else when it is done again: {differ}"
        return self.reference[kind]

    def again(self, kind: str, before: Path) -> None:
        """Restore the home and the vendors to the state before the work."""
        self.scene.vendors(later=kind != "first_load")
        shutil.rmtree(self.scene.home, ignore_errors=True)
        shutil.copytree(before, self.scene.home)

    def state(self, kind: str) -> dict[str, Any]:
        return state_of(self.scene.home / "data", published=self.kinds[kind].published)


def state_of(root: Path, *, published: bool) -> dict[str, Any]:
    """Everything that must be equal: bytes, the outcome of each instrument's last fetch, and
    query answers."""
    files = [path for name in KEPT for path in sorted((root / name).rglob("*.parquet"))]
    state: dict[str, Any] = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    state["named"] = [path for path in open_manifest(root).files if path.startswith(KEPT)]
    state["outcomes"] = _outcomes(root)
    for table in ("quarantine", "finding", "claim_history"):
        state[table] = sum(len(pq.ParquetFile(path).read()) for path in (root / table).rglob("*.parquet"))
    if published:
        state["answers"] = _query_answers(root)
    return state


def differences(state: Mapping[str, Any], reference: Mapping[str, Any]) -> list[str]:
    """Differences as text; long values are truncated."""
    wrong = sorted(name for name in state.keys() | reference.keys() if state.get(name) != reference.get(name))
    return [f"{name}: {str(state.get(name))[:200]} for {str(reference.get(name))[:200]}" for name in wrong]


def _outcomes(root: Path) -> list[str]:
    """The fetched instruments, without outcomes: a repeated fetch may be no_new_data."""
    paths = [root / path for path in open_manifest(root).paths("run")]
    return sorted(
        {name for path in paths for name in pq.ParquetFile(path).read()["instrument_id"].to_pylist()}
    )


def _query_answers(root: Path) -> list[Any]:
    """Query in a separate process: DuckDB's threads do not survive a fork."""
    return kill.answer_of(lambda: _run_queries(root))


def _run_queries(root: Path) -> list[str]:
    with DUCKDB.open(root) as connection:
        return [repr(connection.execute(text).fetchall()) for text in _QUERIES]


def attempt(trial: Trial, workspace: Workspace) -> TrialResult:
    """Kill the work, perhaps its recovery too, then let it finish and compare."""
    random, reference = Random(trial.name), workspace.undisturbed(trial.kind)
    root, work = workspace.scene.home / "data", workspace.kinds[trial.kind]
    workspace.again(trial.kind, reference.before)
    if random.random() < 0.3:
        leave_debris(root, random)
    kills, violations, act = 0, list[str](), lambda: work.act(workspace.scene)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        kills += _killed(act, reference, random)
        if work.readable:
            violations += _readable(root)
    try:
        kill.in_child(act)
    except RuntimeError as error:
        return TrialResult(trial, kills, (*violations, f"the next run failed: {error}"))
    violations += _differences(workspace, trial.kind, reference)
    return TrialResult(trial, kills, tuple(violations))


def _killed(act: kill.Work, reference: Reference, random: Random) -> bool:
    if random.random() < 0.5:
        return kill.killed_at_touch(act, random.randint(1, reference.touches))
    return kill.killed_after(act, random.uniform(0, reference.seconds))


def _readable(root: Path) -> Iterator[str]:
    """After a kill the published database answers, or says that a build is due."""
    try:
        refusal = kill.answer_of(lambda: _refusal(root))
    except RuntimeError as error:
        refusal = str(error)
    if refusal and not _BUILD_IS_DUE.search(refusal):
        yield f"after the kill the published database does not answer: {refusal}"


def _refusal(root: Path) -> str:
    """What a query answers instead of rows, in the words that a user reads."""
    try:
        with stored_files(root):
            _run_queries(root)
    except LakeError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _differences(workspace: Workspace, kind: str, reference: Reference) -> Iterator[str]:
    root = workspace.scene.home / "data"
    yield from differences(workspace.state(kind), reference.state)
    published = workspace.kinds[kind].published
    for damage in verify(root)[1]:
        if published or not _has_foreign_wal(root, damage.path):
            yield f"verify: {damage.path}: {damage.problem}"
    yield from (f"left behind: {path}" for path in _left_behind(root, kind, published))


def _has_foreign_wal(root: Path, path: str) -> bool:
    """A foreign WAL next to the database is set aside by the next build; until then verify
    reports it."""
    return path == DATABASE and (root / f"{DATABASE}.wal").exists()


def _left_behind(root: Path, kind: str, published: bool) -> Iterator[Path]:
    yield from root.glob("manifest.next*")
    if kind == "replay":
        yield from root.glob(".replay")
    if published:
        yield from (*root.glob(".market.duckdb.*"), *root.glob("market.duckdb.wal"))
    # a raw batch that was being written stays: another process might still write it
    yield from (path for path in root.rglob("*.staged") if path.relative_to(root).parts[0] != "raw")


def leave_debris(root: Path, random: Random) -> None:
    """Leave files as other processes might: partial files under our names, and a foreign WAL."""
    noise = random.randbytes(200)
    leftovers = (
        "bar/asset_class=equity/year=2024/part.parquet.staged",
        "revision/asset_class=crypto/year=2023/part.parquet.staged",
        "daily_return/asset_class=crypto/year=2024/part.parquet.staged",
        "raw/day=2024-01-12/other.parquet.staged",
        "manifest.json.tmp",
        "market.duckdb.wal",
        ".market.duckdb.building",
        ".market.duckdb.building.wal",
        ".replay/manifest.json",
    )
    for name in random.sample(leftovers, 4):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(noise)
    (root / ".lock").touch()


@contextmanager
def workspace() -> Iterator[Workspace]:
    """A folder and vendors for one worker."""
    with folder("user") as path, simulator_process(vendors(), LOADED) as url:
        yield Workspace(Scene(url, path / "home"), path)


def failed(trial: Trial, how: str) -> TrialResult:
    """The result of a trial that could not be run."""
    return TrialResult(trial, 0, (how,))


def every_touch(kind: str, step: int = 1) -> tuple[int, list[str]]:
    """Kill at each `step`th disk operation; returns the number of kills and the violations."""
    kills, violations = 0, list[str]()
    with workspace() as here:
        reference, act = here.undisturbed(kind), lambda: here.kinds[kind].act(here.scene)
        for number in range(1, reference.touches + 1, step):
            here.again(kind, reference.before)
            kills += kill.killed_at_touch(act, number)
            kill.in_child(act)
            violations += [f"touch {number}: {text}" for text in _differences(here, kind, reference)]
    return kills, violations


def all_trials(count: int, seed: int, kinds: Sequence[str]) -> Sequence[Trial]:
    """`count` trials, cycling through the kinds; some kill two or three times, a few are too
    late to kill."""
    return [Trial(kinds[n % len(kinds)], seed * 1_000_000 + n) for n in range(count)]
