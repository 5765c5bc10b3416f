"""The README's picture is current; the reference describes every command."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

from marketlake.cli.app import COMMANDS

from .conftest import Run

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")


def test_readme_picture_is_current(run: Run, sample_home: Path) -> None:
    printed = run("compare", "BTC", "NASDAQ", "--from", "2019", "--to", "2025", "--home", sample_home,
                  "--format", "json").out  # fmt: skip
    draw = runpy.run_path(str(ROOT / "scripts" / "picture.py"))["draw"]
    assert "\n".join(draw(json.loads(printed))) + "\n" == (ROOT / "docs" / "btc-nasdaq.svg").read_text(
        "utf-8"
    )


def test_every_command_is_documented(run: Run) -> None:
    for name in COMMANDS:
        assert f"\n## {name}\n" in REFERENCE
        assert (name, run(name, "--help").code) == (name, 0)
