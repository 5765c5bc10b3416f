"""Write docs/reference.

python -m scripts.reference
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from . import commands, database, errors, library, settings, tables

PLACE: Final = Path(__file__).parents[2] / "docs" / "reference"
PAGES: Final[dict[str, Callable[[], str]]] = {
    "commands.md": commands.page,
    "database.md": database.page,
    "errors.md": errors.page,
    "python.md": library.page,
    "settings.md": settings.page,
    "tables.md": tables.page,
}


def main() -> None:
    PLACE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (PLACE / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
