"""What docs/portfolio.md shows is what the command prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from .conftest import Run

DOC = (Path(__file__).parents[2] / "docs" / "portfolio.md").read_text("utf-8")


def test_the_output_shown_is_true(run: Run, sample_home: Path) -> None:
    shown = re.search(r"^```console\n\$ marketlake (.*?)\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)
    assert shown
    printed = run(*shlex.split(shown[1]), "--home", sample_home).out.rstrip().splitlines()
    assert [line.rstrip() for line in printed[:-1]] == shown[2].rstrip().splitlines()


def test_every_flag_and_key_is_described(run: Run) -> None:
    from marketlake.portfolio import TERMS

    flags = set(re.findall(r"--[a-z-]+", run("portfolio", "--help").out))
    for term in set(TERMS) - {"expenses"}:
        assert f"{term} = " in DOC
        assert f"--{term.replace('_', '-')}" in flags
