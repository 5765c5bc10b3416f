"""Write docs/quality.md from the headings of the checks' SQL files.

python scripts/quality_docs.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from marketlake.engine.checks import Check, checks
from marketlake.engine.sql_text import read_heading

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "quality.md"
TEXTS = ROOT / "src" / "marketlake" / "engine" / "sql" / "check"
FIELDS = ("Formula", "Why", "Remedy", "Unit", "Source")


def main() -> None:
    PAGE.write_text(document(), "utf-8")


def document() -> str:
    """The page."""
    text = Path(__file__).with_name("quality_page.md").read_text("utf-8")
    sections = "\n".join(line for check in checks() for line in section(check)).rstrip()
    return text.replace("<INDEX>", "\n".join(index())).replace("<CHECKS>", sections)


def index() -> Iterator[str]:
    """A row a check."""
    yield "| check | looks at | severity | finds |"
    yield "|---|---|---|---|"
    for check in checks():
        yield f"| [{check.name}](#{check.name}) | {check.looks_at} | {check.severity} | {check.description} |"


def section(check: Check) -> Iterator[str]:
    """One check in full."""
    path = TEXTS / f"{check.name}.sql"
    yield f"### {check.name}"
    yield ""
    if not path.exists():
        yield f"{check.description}. Severity: {check.severity}. Remedy: {check.remedy}."
        yield ""
        return
    fields = read_heading(f"check/{check.name}").fields
    link = f"../{path.relative_to(ROOT).as_posix()}"
    yield f"{check.description}. Severity: {fields['Severity']}. [SQL]({link})"
    yield ""
    yield from (f"- {name}: {fields[name]}" for name in FIELDS if fields[name] != "-")
    yield ""


if __name__ == "__main__":
    main()
