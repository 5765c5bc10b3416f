"""Run the notebooks of docs/notebooks on the sample lake and keep their outputs.

python -m scripts.notebooks [--home HOME] [--to FOLDER]

Without a home it fills a lake of its own; without a folder the notebooks are written where they are. What
would differ between two runs (times, counters, identities) is left out.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import nbformat
from nbclient import NotebookClient

from .sample_lake import NOW, fill

PLACE: Final = Path(__file__).parents[1] / "docs" / "notebooks"
PLOTS: Final = """\
axes.prop_cycle: cycler("color", ["{a}", "{b}"])
axes.edgecolor: {rule}
axes.spines.top: False
axes.spines.right: False
svg.fonttype: none
svg.hashsalt: marketlake
"""
"""How Matplotlib draws; a colour is written without its #, which begins a comment."""


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m scripts.notebooks")
    arguments.add_argument("--home", type=Path)
    arguments.add_argument("--to", type=Path, default=PLACE)
    options = arguments.parse_args()
    with sample(options.home) as home, tempfile.TemporaryDirectory() as scratch:
        # this process looks for its own files there too
        os.environ |= environment(home, scratch)
        asyncio.run(run_all(home.resolve(), options.to))


@contextmanager
def sample(home: Path | None) -> Iterator[Path]:
    """The home given, else one with a lake made for this run."""
    if home is not None:
        yield home
        return
    from marketlake.model.settings import parse_instant
    from marketlake.simulator.sample.build import sample_market
    from marketlake.simulator.server import serve

    with tempfile.TemporaryDirectory() as folder, serve(sample_market(), now=parse_instant(NOW)) as simulator:
        fill(Path(folder), simulator.url)
        yield Path(folder)


def environment(home: Path, scratch: str) -> dict[str, str]:
    """What a kernel starts with: the lake's home, and nothing of the reader's own configuration."""
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    own = {f"JUPYTER_{name}": scratch for name in names} | {"IPYTHONDIR": scratch}
    own["MATPLOTLIBRC"] = str(plots(Path(scratch)))
    return own | {"MARKETLAKE_HOME": str(home), "MARKETLAKE_LAKE": ""}


def plots(folder: Path) -> Path:
    """The settings of Matplotlib, with the report's colours."""
    from marketlake.report.bundle import colours

    place = folder / "matplotlibrc"
    place.write_text(
        PLOTS.format(**{name: colour.lstrip("#") for name, colour in colours().items()}), "utf-8"
    )
    return place


async def run_all(home: Path, to: Path) -> None:
    """Run each notebook in its own kernel, all in parallel."""
    names = sorted(PLACE.glob("*.ipynb"))
    await asyncio.gather(*(run(name, home, to / name.name) for name in names))


async def run(notebook: Path, home: Path, to: Path) -> None:
    read = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        read,
        # a busy machine is no defect
        timeout=600,
        startup_timeout=300,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(home)}},
    )
    await client.async_execute(env=dict(os.environ))
    to.write_text(nbformat.writes(steady(read)) + "\n", "utf-8")
    sys.stdout.write(f"{to}\n")


def steady(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Without what says when and by whom it was run; one stream of text per stretch."""
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            output.pop("metadata", None) if output.output_type == "stream" else output.update(metadata={})
            data = output.get("data", {})
            if "image/svg+xml" in data:
                output.data = {"image/svg+xml": data["image/svg+xml"]}
    return notebook


if __name__ == "__main__":
    main()
