"""The stored outputs of the example notebooks are current."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from .snippets import ROOT

PLACE: Final = ROOT / "docs" / "notebooks"
LARGEST: Final = 80_000


def test_notebook_outputs_are_current(sample_home: Path, tmp_path: Path) -> None:
    """Only text is compared; pictures depend on the plotting library."""
    # without variables that other tests set
    environment = {k: v for k, v in os.environ.items() if not re.match("_?(AIRFLOW|MARKETLAKE)_", k)}
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "scripts.notebooks", "--home", sample_home, "--to", tmp_path],
        cwd=ROOT, check=True, timeout=1800, env=environment,
    )  # fmt: skip
    stored = {path.name: texts(path) for path in PLACE.glob("*.ipynb")}
    assert len(stored) == 3
    fresh = {path.name: texts(path) for path in tmp_path.glob("*.ipynb")}
    assert fresh == stored, "run python -m scripts.notebooks"


def test_notebooks_are_small_and_fully_executed() -> None:
    for path in PLACE.glob("*.ipynb"):
        assert path.stat().st_size < LARGEST
        cells = json.loads(path.read_text("utf-8"))["cells"]
        assert [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"] == list(
            range(1, 1 + sum(cell["cell_type"] == "code" for cell in cells))
        )
        assert not any(
            output["output_type"] == "error" for cell in cells for output in cell.get("outputs", ())
        )


def texts(notebook: Path) -> list[list[str]]:
    """What each cell printed or showed, as text; a picture is only counted.

    Stream output arrives in arbitrary pieces, so it is joined.
    """
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return [list(shown(cell.get("outputs", ()))) for cell in cells]


def shown(outputs: Iterable[dict[str, Any]]) -> Iterator[str]:
    for kind, some in groupby(outputs, lambda output: output["output_type"]):
        texts = [text(output) for output in some]
        yield from ["".join(texts)] if kind == "stream" else texts


def text(output: dict[str, Any]) -> str:
    data = output.get("data", {"text/plain": output.get("text", "")})
    return "a picture" if "image/svg+xml" in data else "".join(data["text/plain"])
