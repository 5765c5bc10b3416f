"""Write docs/quality.md from the headings of the checks' SQL files.

python scripts/quality_docs.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from scripts.reference.markdown import item, paragraph

from marketlake.engine.checks import Check, checks
from marketlake.engine.sql_text import read_heading

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "quality.md"
TEXTS: Final = ROOT / "src" / "marketlake" / "engine" / "sql" / "check"
LOOKS_AT: Final = {
    "served": "Checks of a vendor response",
    "bar": "Checks of rows: of every response, and again of stored bars",
    "lake": "Checks of the whole lake",
}


def main() -> None:
    PAGE.write_text(document(), "utf-8")


def document() -> str:
    """The page."""
    text = Path(__file__).with_name("quality_page.md").read_text("utf-8")
    lines: list[str] = []
    for kind, title in LOOKS_AT.items():
        lines += [f"## {title}", ""]
        lines += [line for check in checks() if check.looks_at == kind for line in section(check)]
    return text.replace("<CHECKS>", "\n".join(lines).rstrip())


def section(check: Check) -> Iterator[str]:
    """One check in full."""
    path = TEXTS / f"{check.name}.sql"
    yield f"### {check.name}"
    yield ""
    if not path.exists():
        yield from paragraph(f"{check.severity.capitalize()}: {lower(check.description)}.")
        yield ""
        yield from item(f"Remedy: {check.remedy}")
        yield ""
        return
    fields = read_heading(f"check/{check.name}").fields
    link = f"../{path.relative_to(ROOT).as_posix()}"
    severity = fields["Severity"].capitalize()
    yield from paragraph(f"{severity}: {lower(check.description)}. [SQL]({link})")
    yield ""
    for name in ("Formula", "Why", "Remedy"):
        yield from item(f"{name}: {fields[name]}")
    yield ""


def lower(text: str) -> str:
    return text[0].lower() + text[1:]


if __name__ == "__main__":
    main()
