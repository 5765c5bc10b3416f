"""What the heading of a SQL file says: what the text is, then its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .text import source

_FIELD: Final = re.compile(r"^-- ([A-Z][a-z]+): (.*)$")


@dataclass(frozen=True)
class Heading:
    """The head of a SQL file; each field in one line."""

    title: str
    fields: Mapping[str, str]


def read_heading(name: str) -> Heading:
    """The head of `sql/<name>.sql`."""
    title: list[str] = []
    found: dict[str, list[str]] = {}
    last = title
    for line in source(name).splitlines():
        if not line.startswith("--"):
            break
        field = _FIELD.match(line)
        words = line.removeprefix("--").strip()
        if field:
            last = found.setdefault(field[1], [])
        last.append(field[2] if field else words)
    # what goes on in the next line is indented
    text = " ".join(title).removeprefix(f"{name.rsplit('/', 1)[-1]}: ").removesuffix(".")
    return Heading(text[0].upper() + text[1:], {field: " ".join(part) for field, part in found.items()})
