"""docs/reference/python.md, from the signatures and docstrings of the library."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import FunctionType
from typing import Any, Final, get_args, get_type_hints

import marketlake
from marketlake.answers.result import Answer, Table
from marketlake.lake import Lake
from marketlake.model.terms import Options, Terms

from .markdown import attribute_docs, item, names, paragraph

INTRODUCTION: Final = """\
# Python

```python
import marketlake as ml

lake = ml.open()
lake.compare(["BTC", "NASDAQ"], start=2019, end=2024).wins  # {'BTC': 5, 'NASDAQ': 1}
lake.prices("SPY", basis="total").to_pandas()
lake.query("FROM instrument").to_polars()
```

This page is written from the code. `import marketlake as ml` brings these names and no others:
OPEN. `Lake` is the one object to hold. It needs no
closing: each method opens the lake, answers from one snapshot, and retries if a commit came in
between.

Figures are fractions, sessions are dates (`datetime64` in pandas), moments are UTC. Every answer is
a frozen dataclass with `to_dict()`. Unless noted it is also a table: `to_arrow()`, `to_pandas()`,
`to_polars()`, or `polars.DataFrame(answer)`. Answers repeat the terms they were computed with and
have `instruments`, `rows`, `notes`, `snapshot` and `origin`. Errors derive from
[`MarketlakeError`](errors.md): every answer may raise `UsageError`, `EmptyLakeError` and
`CorruptLakeError`.

## Several answers from one state

```python
from marketlake.answers.compare import compare
from marketlake.answers.metrics import metrics
from marketlake.model.terms import Terms

with lake.reader() as reader:
    years = compare(reader, Terms.of(["BTC", "NASDAQ"], {"start": 2019, "end": 2024}))
    figures = metrics(reader, Terms.of("BTC", {"start": 2019, "end": 2024}))
years.snapshot == figures.snapshot  # True
```

The block raises `LakeChangedError` at its end if a commit or a build came in between
([why](../decisions/0002-one-reader.md)).

## Options

The keywords that the methods below share. A method refuses those that it does not take.
"""
COMMON: Final = frozenset({"notes", "snapshot", "origin", "rows", *Options.__annotations__, "instruments"})
"""Attributes that answers share, which the page names once."""
WINDOW: Final = {
    "start": "first day of the window, a date, its ISO text or a year",
    "end": "last day of the window; a year means its 31 December",
    "benchmark": "id of the instrument to compare with",
}


def page() -> str:
    opened = names(marketlake.__all__)
    lines = [INTRODUCTION.replace("OPEN", opened)]
    docs = attribute_docs(Terms)
    for name in Options.__annotations__:
        lines += item(f"`{name}`: {(WINDOW.get(name) or docs.get(name, '')).rstrip('.')}")
    lines += ["", "## open", "", *function("open", marketlake.open)]
    for name, method in vars(Lake).items():
        if isinstance(method, FunctionType) and not name.startswith("_"):
            lines += ["", f"## {name}", "", *function(f"lake.{name}", method)]
    lines += ["", "## Table", "", *described(text_of(Table)), ""]
    return "\n".join(lines)


def function(name: str, called: Any) -> Iterator[str]:
    """The signature, what it does, and the answer."""
    called = inspect.unwrap(called)
    signature = inspect.signature(called)
    answer = str(signature.return_annotation)
    yield from paragraph(f"`{name}({', '.join(arguments(signature))})` → `{answer}`")
    yield ""
    yield from described(text_of(called))
    if kind := answer_of(called, answer):
        yield ""
        yield from columns_of(kind)


def arguments(signature: inspect.Signature) -> Iterator[str]:
    star = False
    for one in signature.parameters.values():
        if one.name == "self":
            continue
        if one.kind is inspect.Parameter.VAR_KEYWORD:
            yield f"**{one.name}"
            continue
        if one.kind is inspect.Parameter.KEYWORD_ONLY and not star:
            star = True
            yield "*"
        yield one.name + (f"={one.default!r}" if one.default is not one.empty else "")


def described(text: str) -> Iterator[str]:
    """Paragraphs, with the example as a block."""
    for place, part in enumerate(filter(None, map(without_errors, text.split("\n\n")))):
        yield from [""] * bool(place)
        if part.startswith(">>> "):
            yield from ("```python", *example(part), "```")
        else:
            yield from paragraph(part)


def example(part: str) -> Iterator[str]:
    """The statements of a doctest; what one returns stands behind it."""
    lines = part.splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith((">>> ", "... ")):
            yield line[4:] + ("" if after.startswith((">>> ", "... ")) or not after else f"  # {after}")
        if line.startswith((">>> import ", ">>> from ")):
            yield ""


def without_errors(text: str) -> str:
    """Without the errors that every answer may raise, which the page names once."""
    return re.sub(
        r"\s*Raises `UsageError`, `EmptyLakeError`.*?`CorruptLakeError`\.", "", text, flags=re.DOTALL
    )


def text_of(what: Any) -> str:
    return inspect.getdoc(what) or ""


def answer_of(called: Any, answer: str) -> type[Answer] | None:
    """The class of the answer; None where it is no answer with rows."""
    kinds = {kind.__name__: kind for kind in answers(Answer)}
    return kinds.get(answer)


def answers(kind: type[Any]) -> Iterator[type[Any]]:
    for name in ("compare", "metrics", "returns", "scoreboard", "matrix", "changes", "explain", "check"):
        importlib.import_module(f"marketlake.answers.{name}")
    importlib.import_module("marketlake.portfolio.figures")
    importlib.import_module("marketlake.claims.ledger")
    for one in kind.__subclasses__():
        yield one
        yield from answers(one)


def columns_of(kind: type[Any]) -> Iterator[str]:
    """The answer's attributes, then the columns of its rows."""
    assert is_dataclass(kind)
    properties = [name for name, _ in inspect.getmembers(kind, lambda one: isinstance(one, property))]
    own = [*(field.name for field in fields(kind)), *properties]
    if kept := [name for name in own if name not in COMMON]:
        yield from item(f"Attributes: {names(kept)}")
    row = row_of(kind)
    # a row that only a property knows has no columns to name here
    if is_dataclass(row):
        yield from item(f"Columns: {names(field.name for field in fields(row))}")


def row_of(kind: type[Any]) -> type[Any]:
    """The class of a row of its table."""
    if "lines" in vars(kind):
        kinds: type[Any] = get_args(get_args(get_type_hints(kind.lines)["return"])[0])[0]
        return kinds
    row: type[Any] = get_args(get_type_hints(kind)[kind.in_rows])[0]
    return row
