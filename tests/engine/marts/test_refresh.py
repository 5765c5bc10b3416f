"""Mart refresh: which partitions a change recomputes; a full refresh gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from marketlake.engine.marts import refresh_marts
from marketlake.model.instruments import Instrument, Universe
from marketlake.model.layout import yearly
from marketlake.model.schema import BAR, MARTS
from marketlake.store.writer import writer

from ...answers.lakes import BILL, BTC, SHARE
from .markets import LATE, MARKET, OTHER, PAUSED, Row, bars

Bytes = dict[str, bytes]


def store(root: Path, rows: Sequence[Row], market: Sequence[Instrument] = MARKET) -> None:
    """Make these the stored bars of their partitions."""
    classes = {i.id: i.asset_class for i in market}
    partitions: dict[tuple[str, int], list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["instrument_id"], row["session"])):
        partitions.setdefault((classes[row["instrument_id"]], row["session"].year), []).append(row)
    with writer(root, "live") as lake:
        for (asset_class, year), part in partitions.items():
            lake.stage(yearly("bar", asset_class, year), pa.Table.from_pylist(part, schema=BAR))
        lake.commit()


def refresh(root: Path, market: Sequence[Instrument] = MARKET, *, full_refresh: bool = False) -> int:
    with writer(root, "live") as lake:
        return refresh_marts(lake, Universe(tuple(market)), full_refresh=full_refresh)


def marts(root: Path) -> Bytes:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for table in MARTS
        for path in sorted((root / table).glob("*/*/part.parquet"))
    }


def touched(before: Bytes, after: Bytes) -> set[str]:
    """Partitions, as equity/2020, of which any file is not what it was."""
    paths = {path for path in before | after if before.get(path) != after.get(path)}
    return {"/".join(part.split("=")[1] for part in path.split("/")[1:3]) for path in paths}


def edited(rows: list[Row], instrument: Instrument, session: date, **changes: object) -> list[Row]:
    here = [r for r in rows if (r["instrument_id"], r["session"]) == (instrument.id, session)]
    assert len(here) == 1
    return [row | changes if row is here[0] else row for row in rows]


def last_session(rows: list[Row], instrument: Instrument, year: int) -> date:
    return max(
        r["session"] for r in rows if r["instrument_id"] == instrument.id and r["session"].year == year
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    store(tmp_path, bars())
    refresh(tmp_path)
    return tmp_path


def test_refresh_without_changes_computes_nothing(root: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in root.rglob("part.parquet")}
    assert refresh(root) == 0
    assert {path: path.stat().st_mtime_ns for path in root.rglob("part.parquet")} == before


CHANGES: list[tuple[str, Callable[[list[Row]], list[Row]], int, set[str]]] = [
    (
        "within a year",
        lambda rows: edited(rows, SHARE, date(2020, 6, 3), close=123.0),
        1,
        {"equity/2020"},
    ),
    (
        "the last close of a year",
        lambda rows: edited(rows, SHARE, last_session(rows, SHARE, 2020), close=123.0),
        2,
        {"equity/2020", "equity/2021"},
    ),
    (
        "the last close before a year without trading",
        lambda rows: edited(rows, PAUSED, last_session(rows, PAUSED, 2020), close=123.0),
        3,
        {"equity/2020", "equity/2021", "equity/2022"},
    ),
    (
        "a yield",
        lambda rows: edited(rows, BILL, date(2023, 3, 1), close=5.0),
        3,
        {"crypto/2023", "equity/2023", "fund/2023"},
    ),
    (
        "what no return follows from",
        lambda rows: edited(rows, BTC, date(2022, 3, 1), high=1e6, volume=1.0),
        1,
        set(),
    ),
    (
        "the last day arrives",
        lambda rows: rows,
        3,
        {"crypto/2023", "equity/2023", "fund/2023"},
    ),
]


@pytest.mark.parametrize(
    ("change", "computed", "partitions"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES]
)
def test_change_recomputes_only_dependent_partitions(
    tmp_path: Path, change: Callable[[list[Row]], list[Row]], computed: int, partitions: set[str]
) -> None:
    root, rows = tmp_path / "lake", bars()
    changed = change(rows)
    last = max(row["session"] for row in rows)
    store(root, [row for row in rows if row["session"] < last] if changed is rows else rows)
    refresh(root)
    before = marts(root)
    store(root, changed)
    assert refresh(root) == computed
    assert touched(before, marts(root)) == partitions
    whole = tmp_path / "whole"
    store(whole, changed)
    refresh(whole)
    assert marts(root) == marts(whole)


def test_full_refresh_gives_the_same_bytes(root: Path) -> None:
    before = marts(root)
    assert refresh(root, full_refresh=True) == len({path.split("/", 1)[1] for path in before}) - 1
    assert marts(root) == before


def test_missing_or_damaged_files_are_recomputed(root: Path) -> None:
    before = marts(root)
    (root / "daily_return/asset_class=equity/year=2021/part.parquet").unlink()
    (root / "internal_close/asset_class=crypto/year=2020/part.parquet").write_bytes(b"PAR1 no more")
    assert refresh(root) == 2
    assert marts(root) == before
    (root / "year_state/asset_class=equity/year=2021/part.parquet").write_bytes(b"PAR1 no more")
    refresh(root, full_refresh=True)
    assert marts(root) == before


def test_marts_made_from_other_sql_are_recomputed(root: Path) -> None:
    before = marts(root)
    with writer(root, "live") as lake:
        for path in lake.manifest.paths("internal_close"):
            lake.adopt(path, replace(lake.manifest.files[path], made_from="other texts"))
        lake.commit()
    assert refresh(root) == len({path.split("/", 1)[1] for path in before}) - 1
    assert marts(root) == before
    assert refresh(root) == 0


def test_changed_configuration_recomputes_marts(root: Path) -> None:
    """An instrument's currency decides its bill: every year from its first one on is computed again."""
    before = marts(root)
    market = [replace(i, quote_currency="EUR") if i is LATE else i for i in MARKET]
    assert refresh(root, market) == 3
    assert touched(before, marts(root)) == {"equity/2021", "equity/2022", "equity/2023"}


def test_removed_instrument_has_no_returns(root: Path) -> None:
    refresh(root, [i for i in MARKET if i is not OTHER])
    table = pa.parquet.read_table(root / "daily_return/asset_class=equity/year=2020/part.parquet")
    assert sorted(table["instrument_id"].unique().to_pylist()) == ["OIL", "PAUSED", "SHARE", "STALE"]


def test_partitions_without_bars_are_removed(root: Path) -> None:
    with writer(root, "live") as lake:
        lake.commit(removed=tuple(p for p in lake.manifest.paths("bar") if "crypto" in p))
    refresh(root)
    assert not [path for path in marts(root) if "crypto" in path]


def test_interrupted_refresh_is_completed_by_the_next(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it was interrupted, the next refresh gives the bytes of an undisturbed one."""
    store(root, edited(bars(), SHARE, date(2020, 6, 3), close=123.0))
    undisturbed = root.parent / "undisturbed"
    store(undisturbed, edited(bars(), SHARE, date(2020, 6, 3), close=123.0))
    refresh(undisturbed)
    for number in range(3):
        with monkeypatch.context() as patched:
            patched.setattr("marketlake.store.recovery.rename", _failing_after(number))
            with pytest.raises(KeyboardInterrupt):
                refresh(root)
        store(root, edited(bars(), SHARE, date(2020, 6, 3), close=123.0 + number + 1))
        refresh(root)
        store(root, edited(bars(), SHARE, date(2020, 6, 3), close=123.0))
    refresh(root)
    assert marts(root) == marts(undisturbed)


def _failing_after(number: int) -> Callable[[Path, Path], None]:
    done = iter(range(number))

    def rename(source: Path, target: Path) -> None:
        if next(done, None) is None:
            raise KeyboardInterrupt
        source.replace(target)

    return rename
