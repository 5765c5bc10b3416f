"""A partition read and rewritten in blocks equals the whole one, wherever the blocks are cut."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest

from marketlake.ingest import partitions
from marketlake.ingest.merge import merge_bars
from marketlake.ingest.partitions import Upserts, stage, touched_in
from marketlake.ingest.watermarks import watermarks
from marketlake.model import layout
from marketlake.model.errors import CorruptLakeError
from marketlake.model.schema import BAR
from marketlake.store import files
from marketlake.store.files import read_blocks, read_parquet, write_parquet
from marketlake.store.writer import Writer

from ..builders import bar, bars

PLACE = ("equity", 2024)
PATH = layout.yearly("bar", *PLACE)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups of three rows, blocks of two groups, so that an instrument spans several of
    them."""
    monkeypatch.setattr(files, "ROW_GROUP_ROWS", 3)
    monkeypatch.setattr(files, "_BLOCK_GROUPS", 2)


def rows(names: str, days: range, close: float = 10.0) -> pa.Table:
    return bars(
        [
            bar(str(date(2024, 1, 1) + timedelta(days=n)), close + n, instrument_id=name)
            for name in names
            for n in days
        ]
    )


def test_blocks_have_whole_instruments_and_together_all_rows(tmp_path: Path) -> None:
    table = rows("ABCDE", range(1, 5))
    write_parquet(tmp_path / "a", table, BAR)
    blocks = list(read_blocks(tmp_path / "a", BAR, None))
    assert pa.concat_tables(blocks).equals(table)
    names = [set(block["instrument_id"].to_pylist()) for block in blocks]
    assert len(blocks) > 2
    assert all(not one & other for one, other in pairwise(names))


def test_only_row_groups_that_may_contain_an_instrument_are_read(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a", rows("ABCDEF", range(1, 7)), BAR)
    read = pa.concat_tables(read_blocks(tmp_path / "a", BAR, None, ["C", "X"]))
    assert read.filter(pa.compute.equal(read["instrument_id"], "C")).equals(rows("C", range(1, 7)))
    assert len(read) == 6
    assert list(read_blocks(tmp_path / "a", BAR, None, ["X"])) == []


def test_last_stored_session_is_found_across_row_groups(tmp_path: Path) -> None:
    lake = Writer.scratch(tmp_path, "simulated")
    lake.stage(PATH, pa.concat_tables([rows("AB", range(1, 8)), rows("C", range(2, 3))]))
    lake.stage(layout.yearly("bar", "equity", 2023), rows("AD", range(0, 1)))
    marks = watermarks(tmp_path, lake.commit(), set("ABCDE"))
    assert {name: mark.session.day for name, mark in marks.items()} == {"A": 8, "B": 8, "C": 3, "D": 1}


def test_damaged_file_is_reported_before_reading(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a", rows("A", range(1, 7)), BAR)
    with pytest.raises(CorruptLakeError, match="checksum"):
        read_blocks(tmp_path / "a", BAR, "0" * 64)


def test_bytes_do_not_depend_on_block_boundaries(tmp_path: Path) -> None:
    table = rows("ABC", range(1, 8))
    write_parquet(tmp_path / "whole", table, BAR)
    with files.parquet_rows(tmp_path / "parts", BAR) as add:
        for start, count in ((0, 1), (1, 4), (5, 0), (5, 9), (14, 7)):
            add(table.slice(start, count))
    assert (tmp_path / "parts").read_bytes() == (tmp_path / "whole").read_bytes()


def test_failed_write_leaves_no_file(tmp_path: Path) -> None:
    def half_way() -> None:
        with files.parquet_rows(tmp_path / "parts", BAR) as add:
            add(rows("A", range(1, 9)))
            add(rows("B", range(1, 9)).drop_columns("open"))

    with pytest.raises(TypeError, match="schema"):
        half_way()
    assert list(tmp_path.iterdir()) == []


def test_touched_rows_are_the_incoming_sessions_and_those_before(tmp_path: Path) -> None:
    lake = Writer.scratch(tmp_path, "simulated")
    lake.stage(PATH, rows("ABD", range(1, 10)))
    incoming = rows("ACD", range(5, 7))
    touched = touched_in(lake, PLACE, incoming)
    assert touched.equals(rows("AD", range(1, 7)))
    assert touched_in(lake, ("equity", 2023), incoming).equals(BAR.empty_table())


@pytest.fixture(params=["in memory", "spilled"])
def upserts_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Upserts]:
    if request.param == "spilled":
        monkeypatch.setattr(partitions, "_IN_MEMORY", 0)
    return Upserts


def test_batches_rewrite_a_partition_once_and_equal_one_load(
    tmp_path: Path, upserts_of: type[Upserts]
) -> None:
    stored, first, second = rows("BDF", range(1, 10)), rows("AB", range(5, 12)), rows("FG", range(2, 5), 20.0)
    once = Writer.scratch(tmp_path / "once", "simulated")
    once.stage(PATH, stored)
    merged = merge_bars(stored, pa.concat_tables([first, second]))
    stage(once, PLACE, merged.bars, merged.superseded)
    lake, waiting = Writer.scratch(tmp_path / "chunks", "simulated"), upserts_of(tmp_path)
    lake.stage(PATH, stored)
    for incoming in (first, second):
        waiting.add(PLACE, merge_bars(touched_in(lake, PLACE, incoming), incoming))
    assert lake.read(PATH).equals(stored)
    waiting.stage(lake)
    assert len(merged.superseded) == 3
    assert lake.staged == once.staged
    before = dict(lake.staged)
    waiting.stage(lake)
    assert lake.staged == before


def test_commit_is_due_when_a_partition_has_many_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_MANY", 10)
    waiting = Upserts(tmp_path)
    assert not waiting.are_many
    for name in "AB":
        assert not waiting.are_many
        waiting.add(PLACE, merge_bars(BAR.empty_table(), rows(name, range(5))))
    assert waiting.are_many


def test_reading_continues_while_the_file_is_replaced(tmp_path: Path) -> None:
    table = rows("ABCD", range(1, 9))
    write_parquet(tmp_path / "a", table, BAR)
    blocks = read_blocks(tmp_path / "a", BAR, None)
    (tmp_path / "a").write_bytes(b"")
    assert pa.concat_tables(blocks).equals(table)
    with pytest.raises(CorruptLakeError, match="is damaged"):
        read_parquet(tmp_path / "a", BAR)
