"""The writer: atomic commits, one writer at a time, and clear errors."""

from __future__ import annotations

import errno
import os
import threading
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marketlake.ingest.watermarks import watermarks
from marketlake.model import layout
from marketlake.model.errors import (
    CorruptLakeError,
    EmptyLakeError,
    LakeBusyError,
    LakeWriteError,
    OriginError,
    SchemaVersionError,
)
from marketlake.model.schema import BAR, TABLES
from marketlake.store import raw
from marketlake.store.manifest import encode
from marketlake.store.recovery import UNREADABLE
from marketlake.store.verify import verify
from marketlake.store.writer import assert_belongs, claim, open_manifest, writer

from ..builders import bar, bars
from .test_raw import answer

PATH = layout.yearly("bar", "equity", 2024)


def put(root: Path, close: float, days: int = 3) -> None:
    with writer(root, "simulated") as lake:
        lake.stage(PATH, bars([bar(f"2024-01-{n:02}", close) for n in range(2, 2 + days)]))
        lake.commit()


def closes(root: Path) -> set[float]:
    return set(pq.ParquetFile(root / PATH).read()["close"].to_pylist())


def everything(root: Path) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes()
        for p in root.rglob("*")
        if p.is_file() and p.name != ".lock"
    }


def test_every_table_exists_from_the_start(tmp_path: Path) -> None:
    claim(tmp_path, "live")
    manifest = open_manifest(tmp_path)
    for name, schema in TABLES.items():
        (path,) = manifest.paths(name)
        assert pq.read_schema(tmp_path / path).names == schema.names
    assert manifest.rows("bar") == 0
    assert verify(tmp_path)[1] == []


def test_uncommitted_work_leaves_no_trace(tmp_path: Path) -> None:
    put(tmp_path, 1.0)
    before = everything(tmp_path)
    with writer(tmp_path, "simulated") as lake:
        lake.stage(PATH, bars([bar("2024-01-02", 2.0)]))
    with writer(tmp_path, None):
        pass
    assert everything(tmp_path) == before


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("place", ["fsync", "mkdir", "replace"])
def test_failing_disk_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, place: str
) -> None:
    put(tmp_path, 1.0)
    before = everything(tmp_path)

    def refuse(*arguments: Any, **named: Any) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(os if place == "fsync" else Path, place, refuse)
        with pytest.raises(LakeWriteError, match=os.strerror(code)):
            put(tmp_path, 2.0)
    put(tmp_path, 1.0)
    assert everything(tmp_path) == before


def test_full_disk_during_a_commit_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, 1.0)
    before = everything(tmp_path)
    resource = pytest.importorskip("resource")
    import signal

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    was = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
        with pytest.raises(LakeWriteError, match="untouched"):
            put(tmp_path, 2.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, was)
    with writer(tmp_path, None):
        pass
    assert {n: c for n, c in everything(tmp_path).items() if not n.endswith(".tmp")} == before


def test_second_writer_waits_or_gets_an_error(tmp_path: Path) -> None:
    put(tmp_path, 1.0)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with writer(tmp_path, "simulated"):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert entered.wait(10)
    try:
        with (
            pytest.raises(LakeBusyError, match=rf"process {os.getpid()} on .* did not finish within 0\.1 s"),
            writer(tmp_path, "simulated", wait_seconds=0.1),
        ):
            pass
        threading.Timer(0.2, leave.set).start()
        with writer(tmp_path, "simulated", wait_seconds=10) as lake:
            assert lake.manifest.rows("bar") == 3
    finally:
        leave.set()
        thread.join()


def test_table_with_another_schema_is_never_stored(tmp_path: Path) -> None:
    rows = bars([bar("2024-01-02", 1.0)])
    with writer(tmp_path, "simulated") as lake:
        with pytest.raises(TypeError, match="must have"):
            lake.stage(PATH, rows.drop_columns(["open"]))
        with pytest.raises(TypeError, match="close must not be null"):
            lake.stage(
                PATH,
                rows.set_column(
                    BAR.get_field_index("close"), BAR.field("close"), pa.array([None], pa.float64())
                ),
            )


def test_live_and_simulated_data_never_share_a_lake(tmp_path: Path) -> None:
    assert_belongs(tmp_path, "live")
    claim(tmp_path, "simulated")
    before = everything(tmp_path)
    for refused in (lambda: assert_belongs(tmp_path, "live"), lambda: claim(tmp_path, "live")):
        with pytest.raises(OriginError, match="simulated data and this run would add live"):
            refused()
    with pytest.raises(OriginError, match="would add live"), writer(tmp_path, "live"):
        pass
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, EmptyLakeError, "makes one"),
        (b"", CorruptLakeError, "replay"),
        (b'{"schema_version": 1}', CorruptLakeError, "replay"),
        (b"[]", CorruptLakeError, "replay"),
        (b"\xff\x00", CorruptLakeError, "replay"),
        (b'{"schema_version": 2, "origin": "live", "built": "", "files": {}}', SchemaVersionError, "upgrade"),
    ],
)
def test_invalid_manifest_is_reported(
    tmp_path: Path, content: bytes | None, error: type[Exception], message: str
) -> None:
    put(tmp_path, 1.0)
    path = tmp_path / layout.MANIFEST
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    before = everything(tmp_path)
    with pytest.raises(error, match=message):
        open_manifest(tmp_path)
    with pytest.raises(error, match=message), writer(tmp_path, None):
        pass
    assert everything(tmp_path) == before


def test_lost_manifest_is_rebuilt_from_the_files(tmp_path: Path) -> None:
    put(tmp_path, 1.0)
    was = open_manifest(tmp_path)
    (tmp_path / layout.MANIFEST).write_bytes(b"{")
    with (
        pytest.raises(EmptyLakeError, match="nothing can be rebuilt"),
        writer(tmp_path, None, mending=True),
    ):
        pass
    path = raw.write_batch(tmp_path, "batch", date(2024, 1, 2), [answer(b"{}")])
    damaged = layout.yearly("bar", "equity", 2023)
    (tmp_path / damaged).parent.mkdir()
    (tmp_path / damaged).write_bytes(b"PAR1")
    for lost in (True, False):
        (tmp_path / layout.MANIFEST).unlink() if lost else (tmp_path / layout.MANIFEST).write_bytes(b"{")
        with pytest.raises(CorruptLakeError, match="`marketlake replay` rewrites it"):
            open_manifest(tmp_path)
        with writer(tmp_path, None, mending=True) as lake:
            # the run records do not list the batch, so it stays pending; the unreadable file is
            # named
            assert raw.pending(tmp_path, lake.manifest) == [path]
            assert lake.manifest == was.with_files({damaged: UNREADABLE})
        assert [(d.path, d.problem) for d in verify(tmp_path)[1]] == [(damaged, "cannot be read")]


def test_unreadable_decision_is_set_aside(tmp_path: Path) -> None:
    put(tmp_path, 1.0)
    raw.write_batch(tmp_path, "batch", date(2024, 1, 2), [answer(b"{}")])
    was = open_manifest(tmp_path)
    pending = tmp_path / layout.PENDING
    pending.write_bytes(b"{")
    with pytest.raises(CorruptLakeError, match="replay"), writer(tmp_path, None):
        pass
    with writer(tmp_path, None, mending=True) as lake:
        assert lake.manifest == was
    assert (tmp_path / layout.set_aside(layout.PENDING)).read_bytes() == b"{"


def test_decision_survives_a_damaged_manifest(tmp_path: Path) -> None:
    put(tmp_path, 1.0)
    raw.write_batch(tmp_path, "batch", date(2024, 1, 2), [answer(b"{}")])
    decided = (tmp_path / layout.MANIFEST).read_bytes()
    (tmp_path / layout.PENDING).write_bytes(decided)
    (tmp_path / layout.MANIFEST).write_bytes(b"{")
    with writer(tmp_path, None, mending=True):
        pass
    assert (tmp_path / layout.MANIFEST).read_bytes() == decided


def test_recovery_removes_only_files_dropped_by_the_commit(tmp_path: Path) -> None:
    put(tmp_path, 1.0)
    dropped, foreign = tmp_path / PATH, tmp_path / "bar" / "asset_class=equity" / "year=2031" / "part.parquet"
    foreign.parent.mkdir()
    foreign.write_bytes(dropped.read_bytes())
    after = open_manifest(tmp_path).with_files({}, (PATH,))
    (tmp_path / layout.PENDING).write_bytes(encode(after))
    with writer(tmp_path, None):
        pass
    assert not dropped.exists()
    assert [d.path for d in verify(tmp_path)[1]] == [foreign.relative_to(tmp_path).as_posix()]


def test_snapshot_depends_only_on_prices(tmp_path: Path) -> None:
    put(tmp_path, 1.0)
    first = open_manifest(tmp_path)
    put(tmp_path, 1.0)
    with writer(tmp_path, None) as lake:
        lake.commit(built="something")
    assert open_manifest(tmp_path).snapshot == first.snapshot
    put(tmp_path, 2.0)
    assert open_manifest(tmp_path).snapshot != first.snapshot
    assert (
        orjson.loads((tmp_path / layout.MANIFEST).read_bytes())["snapshot"]
        == open_manifest(tmp_path).snapshot
    )


def test_verify_finds_every_kind_of_damage(tmp_path: Path) -> None:
    put(tmp_path, 1.0)
    path = tmp_path / PATH
    good = path.read_bytes()
    for content, message in (
        (good[:-4], "bytes, should be"),
        (good[:40] + bytes([good[40] ^ 1]) + good[41:], "checksum"),
    ):
        path.write_bytes(content)
        (damage,) = verify(tmp_path)[1]
        assert damage.path == PATH
        assert message in damage.problem
        with pytest.raises(CorruptLakeError, match="replay"), writer(tmp_path, None) as lake:
            lake.read(PATH)
    path.unlink()
    assert [d.problem for d in verify(tmp_path)[1]] == ["missing"]
    path.write_bytes(good)
    stray = tmp_path / layout.yearly("bar", "equity", 2031)
    stray.parent.mkdir()
    stray.write_bytes(good)
    (damage,) = verify(tmp_path)[1]
    assert damage.path == layout.yearly("bar", "equity", 2031)


def test_staging_a_damaged_file_again_restores_it(tmp_path: Path) -> None:
    put(tmp_path, 1.0)
    good = (tmp_path / PATH).read_bytes()
    (tmp_path / PATH).write_bytes(good[:-4])
    put(tmp_path, 1.0)
    assert (tmp_path / PATH).read_bytes() == good


def test_readers_see_whole_files_at_every_moment(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    put(tmp_path, 0.0, days=20)
    stop, problems, reads = threading.Event(), list[BaseException](), [0]

    def read() -> None:
        connection = duckdb.connect()
        glob = f"{tmp_path}/bar/*/*/part.parquet"
        try:
            while not stop.is_set():
                text = f"SELECT count(*), min(close), max(close) FROM read_parquet('{glob}')"
                try:
                    (count, low, high) = connection.execute(text).fetchone()
                except duckdb.Error:  # the file was replaced while DuckDB opened it
                    (count, low, high) = connection.execute(text).fetchone()
                assert (count, low) == (20, high)
                marks = watermarks(tmp_path, open_manifest(tmp_path), {"SHARE"})
                assert "SHARE" in marks
                reads[0] += 1
        except BaseException as error:
            problems.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(30):
        put(tmp_path, float(number), days=20)
    stop.set()
    thread.join()
    assert not problems
    assert reads[0] > 3
