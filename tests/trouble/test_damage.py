"""Damaged files: detected by name, restored where raw/ or a copy has the data, else reported."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from unittest import mock

import pytest

from marketlake.ingest.build import build
from marketlake.ingest.replay import Replayed, replay
from marketlake.ingest.run import ingest
from marketlake.lake import Lake
from marketlake.model import layout
from marketlake.model.errors import CorruptLakeError, EmptyLakeError, MarketlakeError, SchemaVersionError
from marketlake.model.schema import MARTS, TABLES
from marketlake.store.verify import verify
from marketlake.store.writer import open_manifest

from ..campaign_size import some, times
from ..ingest.homes import settings_of
from .lakes import SECOND, THIRD, everything, full_lake, next_day

Damage = Callable[[Path, random.Random], None]


def _flip(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)


def _truncate(path: Path, draw: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: draw.randrange(path.stat().st_size)])


def _remove(path: Path, draw: random.Random) -> None:
    path.unlink()


def _overwrite(path: Path, draw: random.Random) -> None:
    path.write_bytes(draw.randbytes(path.stat().st_size))


DAMAGES: list[Damage] = [_flip, _truncate, _remove, _overwrite]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with mock.patch("os.fsync"):
        home = full_lake(tmp_path_factory.mktemp("whole") / "home")
    for name, table_rows in everything(home / "data").items():
        assert table_rows, name
    return home


@pytest.fixture(scope="module")
def day_after(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    home = tmp_path_factory.mktemp("after") / "home"
    shutil.copytree(whole, home)
    next_day(home)
    return everything(home / "data")


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "home")
    return tmp_path / "home"


def _refusal(home: Path) -> str:
    """The error of the next day's run; empty when it does not read the damaged file."""
    try:
        next_day(home)
    except CorruptLakeError as error:
        return str(error)
    return ""


def _paths(home: Path, prefixes: tuple[str, ...]) -> list[str]:
    manifest = open_manifest(home / "data")
    return [path for path in sorted(manifest.files) if path.startswith(prefixes)]


STORED = tuple(f"{table}/" for table in TABLES if table not in MARTS and table != "claim_history")


def _without_batches(tables: dict[str, list[str]]) -> dict[str, list[str]]:
    """The tables that do not depend on when a batch was written."""
    return {name: tables[name] for name in ("bar", "revision", "quarantine", "finding", "reconciliation")}


def test_every_stored_table_is_restored_from_raw(
    whole: Path, tmp_path: Path, day_after: dict[str, list[str]]
) -> None:
    draw = random.Random(4)
    cases = [(path, damage) for path in _paths(whole, STORED) for damage in DAMAGES]
    before = everything(whole / "data")
    for number, (path, damage) in enumerate(some(cases, few=8, draw=draw)):
        home = tmp_path / str(number)
        shutil.copytree(whole, home)
        lake = home / "data"
        damage(lake / path, draw)
        assert path in [problem.path for problem in verify(lake)[1]], (path, damage)
        refusal = _refusal(home)
        assert not refusal or (str(lake / path) in refusal and "`marketlake replay`" in refusal)
        replayed = replay(settings_of(home, SECOND))
        assert (replayed.restored, replayed.lost) == ((path,), ())
        assert {problem.path for problem in verify(lake)[1]} <= {layout.DATABASE}
        assert everything(lake)["bar"][0] == before["bar"][0]
        next_day(home)
        assert _without_batches(everything(lake)) == _without_batches(day_after), (path, damage)


@pytest.mark.parametrize("table", [*MARTS, "market.duckdb"])
def test_marts_and_the_database_are_recomputed(home: Path, table: str) -> None:
    lake, draw = home / "data", random.Random(table)
    paths = [table] if table == layout.DATABASE else _paths(home, (f"{table}/asset_class=c",))
    was = {path: (lake / path).read_bytes() for path in paths}
    for path, damage in zip(paths, DAMAGES, strict=False):
        damage(lake / path, draw)
    assert {problem.path for problem in verify(lake)[1]} == set(paths[: len(DAMAGES)])
    assert build(settings_of(home, SECOND), full_refresh=True)
    assert verify(lake)[1] == []
    if table != layout.DATABASE:
        assert {path: (lake / path).read_bytes() for path in paths} == was
    assert Lake(lake).prices(["COIN"]).to_arrow().num_rows == 14


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_manifest_is_rewritten(home: Path, damage: Damage, day_after: dict[str, list[str]]) -> None:
    lake, draw = home / "data", random.Random(1)
    before = everything(lake)
    damage(lake / layout.MANIFEST, draw)
    assert "`marketlake replay`" in _refusal(home)
    replayed = replay(settings_of(home, SECOND))
    assert replayed.lost == ()
    assert everything(lake) == before
    build(settings_of(home, SECOND))
    assert verify(lake)[1] == []
    next_day(home)
    assert _without_batches(everything(lake)) == _without_batches(day_after)


def test_every_flipped_bit_of_a_manifest_is_detected(home: Path) -> None:
    path, draw = home / "data" / layout.MANIFEST, random.Random(5)
    whole, was = path.read_bytes(), open_manifest(home / "data")
    for _ in range(times(200, 20_000)):
        path.write_bytes(whole)
        _flip(path, draw)
        with suppress(CorruptLakeError, SchemaVersionError):
            assert open_manifest(home / "data") == was


def test_unrecoverable_file_is_named_and_set_aside(home: Path) -> None:
    lake = home / "data"
    (path,) = _paths(home, ("claim_history/month=2024",))
    _truncate(lake / path, random.Random(1))
    replayed = replay(settings_of(home, SECOND))
    assert replayed.restored == ()
    (text,) = replayed.lost
    assert path in text
    assert "backup" in text
    assert (lake / layout.set_aside(path)).exists()
    build(settings_of(home, SECOND), full_refresh=True)
    assert verify(lake)[1] == []


def _batches(home: Path) -> list[str]:
    return open_manifest(home / "data").paths("raw")


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_batch_loses_no_stored_row(home: Path, damage: Damage) -> None:
    lake, draw = home / "data", random.Random(2)
    before, path = everything(lake), _batches(home)[0]
    damage(lake / path, draw)
    assert [problem.path for problem in verify(lake)[1]] == [path]
    replayed = replay(settings_of(home, SECOND))
    assert (replayed.changed, replayed.restored) == ((), ())
    assert any(path in text for text in replayed.lost)
    assert everything(lake) == before


def test_damaged_table_and_batch_are_restored_from_the_remaining_batches(home: Path) -> None:
    lake = home / "data"
    before, path = everything(lake), "bar/asset_class=crypto/year=2024/part.parquet"
    _remove(lake / _batches(home)[0], random.Random(1))
    _truncate(lake / path, random.Random(1))
    replayed: Replayed = replay(settings_of(home, SECOND))
    assert replayed.restored == (path,)
    assert any(path in text and "`marketlake backfill ID --from DAY`" in text for text in replayed.lost)
    # the second batch has every day of 2024 again, so its observation time applies to days from the
    # first
    assert len(everything(lake)["bar"]) == len(before["bar"])
    assert {k: v for k, v in everything(lake).items() if k != "bar"} == {
        k: v for k, v in before.items() if k != "bar"
    }


@pytest.mark.parametrize("damage", DAMAGES)
def test_batch_damaged_before_it_was_stored_is_set_aside(
    home: Path, damage: Damage, day_after: dict[str, list[str]]
) -> None:
    lake = home / "data"
    with mock.patch("marketlake.ingest.run.store_pending"):
        ingest(settings_of(home, THIRD))
    (waiting,) = set(lake.glob("raw/*/*.parquet")) - {lake / path for path in _batches(home)}
    damage(waiting, random.Random(3))
    if damage is not _remove:
        with pytest.raises(CorruptLakeError, match=rf"Renamed to: .*{waiting.stem}.*run again"):
            next_day(home)
        assert (waiting.parent / layout.set_aside(waiting.name)).exists()
    next_day(home)
    assert _without_batches(everything(lake)) == _without_batches(day_after)
    assert [problem.path for problem in verify(lake)[1]] == []


def test_extra_file_is_named_and_kept(home: Path) -> None:
    lake = home / "data"
    extra = lake / "bar" / "asset_class=crypto" / "year=2024" / "copy.parquet"
    shutil.copy(extra.with_name("part.parquet"), extra)
    (damage,) = verify(lake)[1]
    assert damage.path == extra.relative_to(lake).as_posix()
    next_day(home)
    replay(settings_of(home, SECOND))
    assert extra.exists()


def test_lake_without_raw_batches_is_not_changed(home: Path) -> None:
    lake = home / "data"
    shutil.rmtree(lake / "raw")
    (lake / layout.MANIFEST).write_bytes(b"{")
    with pytest.raises(EmptyLakeError, match="nothing can be rebuilt"):
        replay(settings_of(home, SECOND))
    with pytest.raises(MarketlakeError, match="manifest"):
        next_day(home)
    assert (lake / layout.MANIFEST).read_bytes() == b"{"
