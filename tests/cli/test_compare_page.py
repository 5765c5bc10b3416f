"""What docs/compare.md shows is what the commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from .conftest import Run

PAGE = (Path(__file__).parents[2] / "docs" / "compare.md").read_text("utf-8")
CONSOLE = re.findall(r"^```console\n\$ marketlake (.*?)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_shows_commands() -> None:
    assert len(CONSOLE) == 3


@pytest.mark.parametrize(("command", "shown"), CONSOLE)
def test_console_output_is_true(run: Run, sample_home: Path, command: str, shown: str) -> None:
    printed = [line.rstrip() for line in run(*shlex.split(command), "--home", sample_home).out.splitlines()]
    expected = [line.rstrip() for line in shown.splitlines()]
    assert printed[: len(expected)] == expected
