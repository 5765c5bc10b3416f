"""SQL texts: read from files, combined, with values written as constants where needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

_INCLUDE: Final = re.compile(r"^( *)-- include: (\S+)$")
PARAMETER: Final = re.compile(r"\$([a-z_]+)")
_FIELD: Final = re.compile(r"^-- ([A-Z][a-z]+): (.*)$")


@cache
def source(name: str) -> str:
    """The text of `sql/<name>.sql` with its heading."""
    return (files("marketlake") / "engine" / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def has_text(name: str) -> bool:
    """Whether there is `sql/<name>.sql`."""
    return (files("marketlake") / "engine" / "sql" / f"{name}.sql").is_file()


@cache
def statement(name: str) -> str:
    """The text of `sql/<name>.sql` without comments, which may contain words like parameters.

    A line `-- include: <name>` is replaced by another text: a definition that several texts share.
    """
    return "\n".join(_lines(name))


def _lines(name: str) -> Iterator[str]:
    for line in source(name).splitlines():
        included = _INCLUDE.match(line)
        if included:
            yield from (included[1] + inner for inner in _lines(included[2]))
        elif not line.lstrip().startswith("--"):
            yield line


def chain(parts: Mapping[str, str], final: str) -> str:
    """One query: each part (relation: text name) as a common table expression, then `final`.

    A part shadows the stored relation of the same name, so a view's text also runs on fewer bars.
    """
    return chained({relation: statement(name) for relation, name in parts.items()}, statement(final))


def chained(parts: Mapping[str, str], final: str) -> str:
    """As `chain`, with texts instead of names."""
    if not parts:
        return final
    tables = ", ".join(f"{relation} AS (\n{text}\n)" for relation, text in parts.items())
    if final.startswith("WITH "):
        return f"WITH {tables}, {final.removeprefix('WITH ')}"
    return f"WITH {tables} {final}"


def parts_of(final: str, parts: Mapping[str, str]) -> Mapping[str, str]:
    """Those of the parts that `final` reads, directly or through other parts, in their order."""
    needed: set[str] = set()
    unread = [final]
    while unread:
        text = unread.pop()
        found = {name for name in parts if name not in needed and re.search(rf"\b{name}\b", text)}
        needed |= found
        unread += [parts[name] for name in found]
    return {name: text for name, text in parts.items() if name in needed}


def parameters(text: str) -> frozenset[str]:
    """The names bound as `$name` in a text without comments."""
    return frozenset(PARAMETER.findall(text))


def bound(text: str, values: Mapping[str, object]) -> str:
    """The text with each known `$name` replaced by a constant."""
    return PARAMETER.sub(lambda match: constant(values[match[1]]) if match[1] in values else match[0], text)


def literal(value: str | Path) -> str:
    """A SQL string literal, for statements that take no parameters."""
    return "'" + str(value).replace("'", "''") + "'"


def constant(value: object) -> str:
    """A SQL constant for a str, bool, number, date, aware datetime, list of str or None."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case int():
            return str(value)
        case float():
            return f"CAST({value!r} AS DOUBLE)"
        case str():
            return literal(value)
        case datetime():
            return f"TIMESTAMPTZ {literal(value.astimezone(UTC).isoformat(sep=' '))}"
        case date():
            return f"DATE {literal(value.isoformat())}"
        case list():
            return f"CAST([{', '.join(constant(item) for item in value)}] AS VARCHAR[])"
    raise TypeError(f"no SQL constant for {type(value).__name__}")


def glob_safe(folder: Path) -> str:
    """The folder as the start of a glob, with special characters escaped."""
    return re.sub(r"([\[*?])", r"[\1]", str(folder))


@dataclass(frozen=True)
class Heading:
    """The head of a SQL file; each field in one line."""

    title: str
    fields: Mapping[str, str]


def read_heading(name: str) -> Heading:
    """The head of `sql/<name>.sql`."""
    title: list[str] = []
    fields: dict[str, list[str]] = {}
    last = title
    for line in source(name).splitlines():
        if not line.startswith("--"):
            break
        field = _FIELD.match(line)
        words = line.removeprefix("--").strip()
        if field:
            last = fields.setdefault(field[1], [])
        last.append(field[2] if field else words)
    # continuation lines are indented
    text = " ".join(title).removeprefix(f"{name.rsplit('/', 1)[-1]}: ").removesuffix(".")
    return Heading(text[0].upper() + text[1:], {field: " ".join(part) for field, part in fields.items()})
