"""A damaged response causes at most a declared error of its own instrument."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from marketlake.model.errors import SourceError

from ..campaign_size import times

ROOT = Path(__file__).parents[2]
GROUPS = {
    "yahoo": ["yahoo"],
    "exchanges": ["binance", "bitstamp", "coinbaseexchange", "kraken", "okx", "bybit", "bitfinex"],
    "tables": ["ecb", "fred", "files"],
}


@pytest.mark.parametrize("group", GROUPS)
def test_damaged_response_gives_rows_or_a_declared_error(group: str, tmp_path: Path) -> None:
    program = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-m", "tests.fuzz.fuzzer"]
    done = subprocess.run(
        [*program, str(times(150, 5_000)), "1", *GROUPS[group]],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "HOME": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["failures"] == []
    assert set(report["outcomes"]) == set(GROUPS[group])
    for counts in report["outcomes"].values():
        # the damage is neither too small nor too large
        assert counts["rows"] > 5
        assert counts["MalformedError"] > 20
        assert set(counts) <= {"rows", "no rows", *_errors(SourceError)}


def _errors(kind: type) -> set[str]:
    return {kind.__name__}.union(*map(_errors, kind.__subclasses__()))
