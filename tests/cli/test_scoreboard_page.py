"""What docs/scoreboard.md shows is what the command prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from .conftest import Run

PAGE = (Path(__file__).parents[2] / "docs" / "scoreboard.md").read_text("utf-8")
CONSOLE = re.findall(r"^```console\n\$ marketlake (.*?)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
BLOCKS = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SQL = [statement for block in BLOCKS for statement in block.strip().rstrip(";").split(";\n")]


@pytest.mark.parametrize(("command", "shown"), CONSOLE)
def test_console_output_is_true(run: Run, sample_home: Path, command: str, shown: str) -> None:
    printed = run(*shlex.split(command), "--home", sample_home).out.strip().splitlines()
    told = [line.rstrip() for line in printed if not line.startswith("snapshot ")]
    assert told == [line.rstrip() for line in shown.strip().splitlines()]


@pytest.mark.parametrize("statement", SQL)
def test_a_statement_runs(run: Run, sample_home: Path, statement: str) -> None:
    result = run("query", statement, "--home", sample_home, "--format", "csv")
    assert result.code == 0
    assert len(result.out.splitlines()) > 1
