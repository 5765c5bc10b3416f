"""docs/reference is current and complete."""

from __future__ import annotations

import re

from scripts.reference.__main__ import PAGES, PLACE

import marketlake as ml
from marketlake.cli.app import COMMANDS
from marketlake.model import errors
from marketlake.model.layout import INTERNAL
from marketlake.model.schema import TABLES

from ..sample import Run


def page(name: str) -> str:
    return (PLACE / name).read_text("utf-8")


def test_pages_are_current() -> None:
    assert {path.name for path in PLACE.glob("*.md")} == set(PAGES)
    stale = [name for name, write in PAGES.items() if write() != page(name)]
    assert not stale, "run make docs"


def test_reference_lists_every_command_and_flag(run: Run) -> None:
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", page("commands.md"), re.MULTILINE | re.DOTALL))
    for name in COMMANDS:
        flags = set(re.findall(r"--[a-z][a-z-]+", run(name, "--help").out)) - {"--help"}
        assert flags <= set(re.findall(r"--[a-z][a-z-]+", sections[name])), name


def test_reference_lists_every_table_and_column() -> None:
    text = page("tables.md")
    for name, schema in TABLES.items():
        section = text.partition(f"## {name}\n")[2].partition("\n## ")[0]
        listed = [column for column in schema.names if f"`{column}`" in section]
        assert listed == ([] if name.startswith(INTERNAL) else schema.names)


def test_reference_lists_every_method_and_error() -> None:
    methods = [name for name in vars(ml.Lake) if callable(vars(ml.Lake)[name]) and not name.startswith("_")]
    assert [name for name in methods if f"\n## {name}\n" not in page("python.md")] == []
    kinds = [
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
    ]
    assert [name for name in kinds if f"- `{name}` (" not in page("errors.md")] == []
