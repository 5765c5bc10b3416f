"""The error names the lock's holder, and a killed holder releases the lock."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from marketlake.model import layout
from marketlake.model.errors import LakeBusyError
from marketlake.store.verify import verify
from marketlake.store.writer import claim, writer

from .crowd import start


def test_killed_holder_releases_the_lock(tmp_path: Path) -> None:
    lake = tmp_path / "data"
    claim(lake, "simulated")
    holder = start("holder", tmp_path)
    try:
        while not (tmp_path / "held").exists():
            assert holder.poll() is None, holder.communicate()
            time.sleep(0.01)
        for signalled in (None, signal.SIGSTOP):
            if signalled:
                os.kill(holder.pid, signalled)
            with (
                pytest.raises(LakeBusyError, match=f"process {holder.pid} on ") as error,
                writer(lake, None, wait_seconds=0.05),
            ):
                pass
            assert "(holder.py " in str(error.value)
            assert "If it hangs, end it" in str(error.value)
    finally:
        holder.kill()
        holder.communicate()
    assert (lake / layout.HOLDER).exists()
    with writer(lake, None, wait_seconds=0.05):
        assert str(os.getpid()) in (lake / layout.HOLDER).read_text()
    assert not (lake / layout.HOLDER).exists()
    assert verify(lake)[1] == []
    assert not list(lake.rglob("*.staged"))


@pytest.mark.parametrize(
    "note", [b"", b"{", b"[]", b'{"pid": "x"}', b'{"pid": 1, "host": "\\u0007", "command": 5}']
)
def test_damaged_lock_note_only_hides_the_holders_name(tmp_path: Path, note: bytes) -> None:
    claim(tmp_path, "simulated")
    with writer(tmp_path, None):
        (tmp_path / layout.HOLDER).write_bytes(note)
        with (
            pytest.raises(LakeBusyError, match="process") as error,
            writer(tmp_path, None, wait_seconds=0.01),
        ):
            pass
    assert str(error.value).isprintable()
