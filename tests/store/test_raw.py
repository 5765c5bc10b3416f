"""Responses as served: stored once, readable again, and never partial."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marketlake.ingest import batches
from marketlake.ingest.batches import chunks
from marketlake.model.errors import CorruptLakeError
from marketlake.model.schema import RAW
from marketlake.store import raw
from marketlake.store.writer import claim, open_manifest

MOMENT = datetime(2024, 1, 2, 12, tzinfo=UTC)


def answer(body: bytes, instrument_id: str = "A", **changed: Any) -> dict[str, Any]:
    return {
        "run_id": "run",
        "instrument_id": instrument_id,
        "source": "yahoo",
        "symbol": instrument_id,
        "mode": "daily",
        "requested_from": date(2024, 1, 1),
        "due_from": date(2024, 1, 1),
        "requested_to": date(2024, 1, 2),
        "attempt": 1,
        "page": 0,
        "url": "http://somewhere",
        "status": 200,
        "headers": "{}",
        "body": body,
        "fetched_at": MOMENT,
        "origin": "simulated",
        "duration_s": 0.1,
        "outcome": "ok",
        "message": "",
    } | changed


def write(root: Path, name: str, *rows: dict[str, Any]) -> str:
    return raw.write_batch(root, name, date(2024, 1, 2), rows)


def bodies(root: Path, paths: Sequence[str]) -> list[list[bytes]]:
    return [[row["body"] for row in rows] for _, rows in raw.read_batches(root, paths)]


def stored_bodies(root: Path, path: str) -> list[bytes | None]:
    return pq.ParquetFile(root / path).read()["body"].to_pylist()


def test_identical_body_is_stored_once_and_read_everywhere(tmp_path: Path) -> None:
    first = write(tmp_path, "a", answer(b"x"), answer(b"y", "B"), answer(b"x", "C"))
    second = write(tmp_path, "b", answer(b"y"), answer(b"z", "B"), answer(b"", "C"))
    third = write(tmp_path, "c", answer(b"z"), answer(b"", "B"))
    assert stored_bodies(tmp_path, first) == [b"x", b"y", None]
    assert stored_bodies(tmp_path, second) == [None, b"z", None]
    assert stored_bodies(tmp_path, third) == [None, None]
    assert bodies(tmp_path, [first, second, third]) == [[b"x", b"y", b"x"], [b"y", b"z", b""], [b"z", b""]]
    assert bodies(tmp_path, [third]) == [[b"z", b""]]


def test_only_existing_bodies_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = bytes(range(256)) * 4096
    write(tmp_path, "a", answer(big), answer(b"", "B"))
    read = pq.ParquetFile.read
    columns_read: list[object] = []
    monkeypatch.setattr(
        pq.ParquetFile,
        "read",
        lambda self, columns=None: columns_read.append(columns) or read(self, columns=columns),
    )
    write(tmp_path, "b", answer(b"another"))
    assert columns_read == [["sha256"]]
    second = write(tmp_path, "c", answer(big))
    assert columns_read.count(["sha256", "body"]) == 1
    assert stored_bodies(tmp_path, second) == [None]


def test_new_response_does_not_reference_a_damaged_one(tmp_path: Path) -> None:
    body = bytes(range(256)) * 64
    first = tmp_path / write(tmp_path, "a", answer(body), answer(b"y", "B"))
    content = bytearray(first.read_bytes())
    content[content.index(b"\x28\xb5\x2f\xfd") + 40] ^= 0xFF
    for damaged in (bytes(content), content[:-9]):
        first.write_bytes(damaged)
        second = write(tmp_path, f"b{len(damaged)}", answer(body))
        assert bodies(tmp_path, [second]) == [[body]]


def test_damaged_batch_loses_only_bodies_referenced_in_it(tmp_path: Path) -> None:
    first = write(tmp_path, "a", answer(b"x"), answer(b"y", "B"))
    second = write(tmp_path, "b", answer(b"x"), answer(b"z", "B"))
    third = write(tmp_path, "c", answer(b"w"), answer(b"z", "B"))
    (tmp_path / first).write_bytes(b"PAR1")
    losses: dict[str, CorruptLakeError] = {}
    read = raw.read_batches(tmp_path, [first, second, third], on_loss=losses.__setitem__)
    whole = {path: [row["instrument_id"] for row in rows] for path, rows in read}
    assert whole == {second: ["B"], third: ["A", "B"]}
    assert list(losses) == [first, second]
    assert "answers for A " in str(losses[second])


def test_lost_reference_is_reported(tmp_path: Path) -> None:
    first, second = write(tmp_path, "a", answer(b"x")), write(tmp_path, "b", answer(b"x"))
    (tmp_path / first).unlink()
    with pytest.raises(CorruptLakeError, match="refers to answers for A whose batch"):
        bodies(tmp_path, [second])


def test_response_changed_on_disk_is_reported(tmp_path: Path) -> None:
    path = write(tmp_path, "a", answer(b"100.0"))
    table = pq.ParquetFile(tmp_path / path).read()
    place = RAW.get_field_index("body")
    pq.write_table(table.set_column(place, RAW.field("body"), [[b"900.0"]]), tmp_path / path)
    with pytest.raises(CorruptLakeError, match="checksum"):
        bodies(tmp_path, [path])


def test_batches_wait_until_the_manifest_names_them(tmp_path: Path) -> None:
    claim(tmp_path, "live")
    path = write(tmp_path, "a", answer(b"x"))
    (tmp_path / path).with_name("b.parquet.staged").write_bytes(b"half")
    assert raw.pending(tmp_path, open_manifest(tmp_path)) == [path]
    entry = raw.entry(tmp_path, path)
    assert (entry.rows, entry.sha256) == (1, hashlib.sha256((tmp_path / path).read_bytes()).hexdigest())


def test_failing_disk_is_reported_and_leaves_no_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marketlake.model.errors import LakeWriteError

    def refuse(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(LakeWriteError, match="No space left"):
        write(tmp_path, "a", answer(b"x"))
    assert not list(tmp_path.rglob("*.parquet"))


def _groups(batches: list[list[dict[str, Any]]]) -> list[tuple[str, bool]]:
    """For each group its batches, and whether the commit ends with it."""
    numbered = ((f"raw/day=2024-01-02/{n}.parquet", rows) for n, rows in enumerate(batches))
    return [("".join(Path(path).stem for path, _ in p.batches), p.ends) for p in chunks(numbered)]


def test_batches_of_a_run_are_ingested_together(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, c = (answer(b"12345", name) for name in "ABC")
    later = {**b, "fetched_at": datetime(2024, 1, 2, 15, tzinfo=UTC)}
    tomorrow = {**c, "fetched_at": datetime(2024, 1, 3, tzinfo=UTC)}
    assert _groups([[a], [later], [c]]) == [("012", True)]
    assert _groups([[a], [b], [a], [c]]) == [("01", True), ("23", True)]
    assert _groups([[a], [{**b, "run_id": "other"}], [c]]) == [("0", True), ("1", True), ("2", True)]
    assert _groups([[a], [tomorrow]]) == [("0", True), ("1", True)]
    monkeypatch.setattr(batches, "_CHUNK_BYTES", 10)
    assert _groups([[a], [b], [c]]) == [("01", False), ("2", True)]
    assert _groups([[a], [b], [c], [a]]) == [("01", False), ("2", True), ("3", True)]
    assert _groups([]) == []


def test_batch_has_the_declared_schema(tmp_path: Path) -> None:
    path = write(tmp_path, "a", answer(b"x"))
    assert pq.read_schema(tmp_path / path).equals(RAW)
    assert isinstance(pq.ParquetFile(tmp_path / path).read(), pa.Table)
