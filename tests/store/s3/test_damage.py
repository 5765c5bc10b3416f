"""Damaged objects in the bucket: detected by any machine, even with an intact copy, and
restored."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from marketlake.ingest.build import build
from marketlake.ingest.replay import replay
from marketlake.lake import Lake
from marketlake.model.errors import CorruptLakeError
from marketlake.model.schema import MARTS, TABLES
from marketlake.store.raw import batch_names, local_files
from marketlake.store.verify import verify

from ...campaign_size import campaign, some
from ...trouble.lakes import SECOND
from .world import Bucket, stored, unlike_manifest

DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "flipped": lambda content: content[:40] + bytes([content[40] ^ 4]) + content[41:],
    "truncated": lambda content: content[:-9],
    "missing": lambda content: None,
}
KEPT = tuple(name for name in (*TABLES, *MARTS) if name != "run")


@pytest.fixture
def home(full_home: Path) -> Path:
    return full_home


@pytest.fixture
def lake(full_bucket: Bucket) -> Bucket:
    return full_bucket


def damage(lake: Bucket, path: str, how: str) -> None:
    content = DAMAGES[how](lake.read()[path])
    lake.delete(path) if content is None else lake.put(path, content)


def of_table(lake: Bucket, table: str) -> str:
    """A file of the table that has rows."""
    paths = (path for path in lake.read() if path.startswith(f"{table}/") and "1970" not in path)
    return max(paths)


def test_lake_copied_into_a_bucket_verifies(lake: Bucket, home: Path) -> None:
    planned, heard = list[int](), list[str]()
    assert verify(lake.copy(), planned.append, heard.append) == (len(heard), [])
    assert planned == [len(heard)]
    assert set(heard) == {path for path in lake.read() if path.endswith(".parquet")}
    assert build(lake.settings(home, SECOND))
    assert verify(lake.copy("other"))[1] == []
    rows = "SELECT instrument_id, session, close FROM bar ORDER BY ALL"
    build_here = Lake(lake.copy("third")).query_rows(rows)
    assert build_here == Lake(home / "data").query_rows(rows)
    assert build_here.rows


@pytest.mark.parametrize(
    ("table", "how"),
    some(
        [("bar", "flipped"), ("revision", "truncated"), ("finding", "flipped"), ("run", "missing")],
        few=2,
        draw=random.Random(1),
    ),
)
def test_stored_table_is_restored_from_raw(lake: Bucket, home: Path, table: str, how: str) -> None:
    intact, path = lake.read(), of_table(lake, table)
    damage(lake, path, how)
    assert [one.path for one in verify(lake.copy())[1]] == [path]
    assert replay(lake.settings(home, SECOND)).restored == (path,)
    assert stored(lake.read(), *TABLES) == stored(intact, *TABLES)
    assert verify(lake.copy("other"))[1] == []


def test_intact_copy_restores_every_file(lake: Bucket, home: Path) -> None:
    """Also tables that are not derived from raw/, and raw/ itself."""
    build(lake.settings(home, SECOND))
    local_files(lake.copy(), batch_names(lake.copy()))
    intact = lake.read()
    tables = ("bar", "claim_history", "year_state", "raw", "market.duckdb")
    paths = [table if table in intact else of_table(lake, table) for table in tables]
    for path, how in zip(paths, cycle(DAMAGES), strict=False):
        damage(lake, path, how)
    for machine in ("here", "there"):
        assert {one.path for one in verify(lake.copy(machine))[1]} == set(paths)
    completed = replay(lake.settings(home, SECOND))
    assert (set(completed.restored), completed.lost) == (set(paths), ())
    objects = lake.read()
    assert {path for path in objects.keys() | intact.keys() if objects.get(path) != intact.get(path)} == {
        "manifest.json"  # the restore is one more commit
    }
    assert verify(lake.copy("there"))[1] == []


@pytest.mark.parametrize("how", DAMAGES if campaign() else ["flipped"])
def test_marts_and_the_database_are_recomputed(lake: Bucket, home: Path, how: str) -> None:
    """When no machine has an intact copy."""
    build(lake.settings(home, SECOND))
    intact, path = lake.read(), of_table(lake, "year_state")
    damage(lake, path, how)
    damage(lake, "market.duckdb", how)
    assert {one.path for one in verify(lake.copy())[1]} == {path, "market.duckdb"}
    build(lake.settings(home, SECOND, "newcomer"), full_refresh=True)
    assert stored(lake.read(), *KEPT) == stored(intact, *KEPT)
    assert verify(lake.copy("other"))[1] == []


@pytest.mark.parametrize("how", DAMAGES if campaign() else ["flipped", "missing"])
def test_damaged_manifest_is_rewritten(lake: Bucket, home: Path, how: str) -> None:
    intact = lake.read()
    damage(lake, "manifest.json", how)
    for machine in ("here", "there"):
        with pytest.raises(CorruptLakeError, match=r"s3://.*manifest.json .*marketlake replay"):
            verify(lake.copy(machine))
    replay(lake.settings(home, SECOND, "there"))
    assert stored(lake.read(), *KEPT) == stored(intact, *KEPT)
    build(lake.settings(home, SECOND, "there"))
    assert verify(lake.copy())[1] == []
    assert unlike_manifest(lake.read()) == []


@pytest.mark.parametrize("how", DAMAGES if campaign() else ["flipped"])
def test_damaged_raw_batch_is_named_and_no_stored_row_is_lost(lake: Bucket, home: Path, how: str) -> None:
    intact, path = lake.read(), min(path for path in lake.read() if path.startswith("raw/"))
    damage(lake, path, how)
    assert [one.path for one in verify(lake.copy())[1]] == [path]
    assert path in " ".join(replay(lake.settings(home, SECOND)).lost)
    assert stored(lake.read(), *KEPT) == stored(intact, *KEPT)


def test_extra_object_is_named(lake: Bucket) -> None:
    stray = "bar/asset_class=none/year=1999/part.parquet"
    lake.put(stray, lake.read()[of_table(lake, "bar")])
    lake.put("bar/asset_class=none/year=2001/../../../../outside.parquet", b"a name from outside")
    assert [one.path for one in verify(lake.copy())[1]] == [stray]
    assert not list(lake.folder.rglob("outside*"))


def test_unrecoverable_file_is_set_aside_in_the_bucket(lake: Bucket, home: Path) -> None:
    path = of_table(lake, "claim_history")
    damage(lake, path, "truncated")
    damaged = lake.read()[path]
    verify(lake.copy())
    (lost,) = replay(lake.settings(home, SECOND)).lost
    assert f"{lake.url}/{path}" in lost
    assert lake.read()[path.replace("part.parquet", ".part.parquet.damaged")] == damaged
    assert verify(lake.copy("other"))[1] == []
