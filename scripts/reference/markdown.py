"""Markdown in the shape that all pages share."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

WIDTH: Final = 100


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table; an upright line in a cell ends no cell."""
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def item(text: str) -> Iterator[str]:
    """A line of a list, wrapped."""
    return _wrapped(text, "- ", "  ")


def paragraph(text: str) -> Iterator[str]:
    """A paragraph, wrapped."""
    return _wrapped(text, "", "")


def names(words: Iterable[str]) -> str:
    """Names as code, in one line."""
    return ", ".join(f"`{word}`" for word in words)


def attribute_docs(kind: type[Any]) -> dict[str, str]:
    """The strings below a class's attributes."""
    body = ast.parse(inspect.cleandoc(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    docs = {}
    for before, after in zip(body.body, body.body[1:], strict=False):
        text = after.value if isinstance(after, ast.Expr) else None
        if isinstance(before, ast.AnnAssign) and isinstance(text, ast.Constant):
            docs[ast.unparse(before.target)] = " ".join(str(text.value).split())
    return docs


def _wrapped(text: str, first: str, rest: str) -> Iterator[str]:
    # a line that begins with a number and a full stop, a plus or a minus would be a list
    words, lines = text.split(), [first]
    for word in words:
        long = len(lines[-1]) + len(word) + 1 > WIDTH and lines[-1].strip(" -")
        if long and not _opens_a_list(word):
            lines.append(rest + word)
        else:
            lines[-1] += ("" if lines[-1].endswith(" ") or not lines[-1] else " ") + word
    yield from lines


def _opens_a_list(word: str) -> bool:
    return word in {"-", "+", "*"} or word.startswith(("#", ">", "|")) or word.rstrip(".").isdigit()
