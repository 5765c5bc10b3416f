"""docs/reference/python.md, from the signatures and docstrings of the library."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final, get_args, get_type_hints

import marketlake
from marketlake.answers.result import Table
from marketlake.lake import Lake
from marketlake.model.terms import Options, Terms

from .markdown import attribute_docs, table

INTRODUCTION = """\
# The library

Written from the code. `import marketlake as ml` brings these names and no others:
OPEN

Every figure is a fraction, every session a date, every moment UTC. An answer is a frozen dataclass; all but
`claims` and `report` are tables too:

- `answer.to_arrow()`: a `pyarrow.Table`
- `answer.to_pandas()`: a `pandas.DataFrame`
- `answer.to_polars()`: a `polars.DataFrame`, if polars is installed
- `polars.DataFrame(answer)`, `pyarrow.table(answer)`: whatever reads Arrow reads an answer

Bad questions raise [`MarketlakeError`](errors.md).
"""
COMMON: Final = {
    "instruments": "those asked about, in the order of the answer",
    "instrument_id": "our name of the instrument",
    "start": "first day asked for",
    "end": "last day asked for",
    "first_year": "first of its years",
    "last_year": "last of its years",
    "frequency": "how often returns are taken: daily, weekly or monthly",
    "currency": "what figures are in; empty or `own` where each is in its own",
    "basis": "price, total or vendor_adjusted",
    "convention": "which closes a year spans",
    "sessions": "own or shared",
    "real": "whether after consumer prices",
    "benchmark": "beside what; None for nothing",
    "risk_free": "what is taken off: a yearly fraction, or the id of a bill",
    "as_of": "only what could be known then; None for now",
    "strict": "known then means held then by this lake",
    "rows": "one by one, as its table has them",
    "notes": "what to know before quoting it, a sentence each",
    "snapshot": "id of the stored files that were asked",
    "origin": "live or simulated",
    "session": "trading day",
    "n": "returns, or sessions, that went into it",
    "quality": "flags joined by commas; empty when there is nothing to say",
    "year": "calendar year",
    "simple_return": "a fraction; None where there is none",
    "winner": "who returned most, or `tie`; None where it cannot be said",
    "source": "which vendor served it",
    "a": "the instrument named first",
    "b": "the other one",
}
"""What an attribute of this name is, wherever its own class says nothing of it."""
ANSWERS: Final = {
    "Comparison": "answers.compare",
    "Matrix": "answers.matrix",
    "Metrics": "answers.metrics",
    "Scoreboard": "answers.scoreboard",
    "Returns": "answers.returns",
    "Rolling": "answers.returns",
    "PortfolioAnswer": "portfolio.figures",
    "Changes": "answers.changes",
    "Explanation": "answers.explain",
    "LakeCheck": "answers.check",
}


def page() -> str:
    names = ", ".join(f"`{name}`" for name in marketlake.__all__)
    parts = [INTRODUCTION.replace("OPEN", names + "."), "## open", "", *function("open", marketlake.open)]
    methods = {
        name: method
        for name, method in vars(Lake).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }
    for name, method in methods.items():
        parts += [f"## {name}", "", *function(f"lake.{name}", method)]
    parts += ["## Options", "", *options(), "## Table", "", told(Table), ""]
    return "\n".join(parts)


def options() -> Iterator[str]:
    """The keywords that several methods share."""
    docs = attribute_docs(Terms)
    hints = {name: Terms.__annotations__[name] for name in Options.__annotations__}
    taken = [
        (f"`{name}`", f"`{hint}`", docs.get(name) or COMMON.get(name, "")) for name, hint in hints.items()
    ]
    yield f"`**options`: {told(Options)}"
    yield ""
    yield from table(("option", "type", "what it is"), taken)
    yield ""


def function(name: str, called: Any) -> Iterator[str]:
    """The signature, what it does, and what it answers."""
    signature = inspect.signature(called)
    taken = [one for one in signature.parameters.values() if one.name != "self"]
    shown = [parameter(one) for one in taken]
    kinds = [one.kind for one in taken]
    star = inspect.Parameter.KEYWORD_ONLY
    if star in kinds:
        shown.insert(kinds.index(star), "*")
    answer = str(signature.return_annotation)
    yield "```text"
    yield from (
        (f"{name}(", *(f"    {one}," for one in shown), f") -> {answer}")
        if shown
        else (f"{name}() -> {answer}",)
    )
    yield "```"
    yield ""
    text = told(called)
    yield re.sub(r": see `[\w.]+`", "", text)
    yield ""
    deeper = re.search(r"see `([\w.]+)\.(\w+)`", text) or re.search(r"see `(\w+)`", text)
    if deeper and len(deeper.groups()) == 2:
        yield told(getattr(importlib.import_module(f"marketlake.{deeper[1]}"), deeper[2]))
        yield ""
    if answer in ANSWERS:
        yield from fields_of(answer)


def parameter(one: inspect.Parameter) -> str:
    stars = "**" if one.kind is one.VAR_KEYWORD else ""
    return f"{stars}{one.name}: {one.annotation}" + (
        f" = {one.default!r}" if one.default is not one.empty else ""
    )


def told(what: Any) -> str:
    return inspect.getdoc(what) or ""


def fields_of(answer: str) -> Iterator[str]:
    """The answer's attributes, then those of its rows."""
    kind = getattr(importlib.import_module(f"marketlake.{ANSWERS[answer]}"), answer)
    yield f"`{answer}`: {told(kind)}"
    yield ""
    yield from table(("attribute", "type", "what it is"), [*attributes(kind), *properties(kind)])
    yield ""
    row = row_of(kind)
    yield f"Its rows, `{row.__name__}`: {told(row)}"
    yield ""
    yield from table(("column", "type", "what it is"), list(attributes(row)))
    yield ""


def row_of(kind: type[Any]) -> type[Any]:
    """What a line of its table is."""
    if "lines" in vars(kind):
        found: type[Any] = get_args(get_args(get_type_hints(kind.lines)["return"])[0])[0]
        return found
    row: type[Any] = get_args(get_type_hints(kind)[kind.in_rows])[0]
    return row


def attributes(kind: type[Any]) -> Iterator[tuple[str, str, str]]:
    assert is_dataclass(kind)
    docs = {
        name: text
        for one in reversed(kind.__mro__)
        if is_dataclass(one)
        for name, text in attribute_docs(one).items()
    }
    for field in fields(kind):
        yield f"`{field.name}`", f"`{field.type}`", docs.get(field.name) or COMMON.get(field.name, "")


def properties(kind: type[Any]) -> Iterator[tuple[str, str, str]]:
    for name, value in inspect.getmembers(kind, lambda one: isinstance(one, property)):
        yield f"`{name}`", f"`{inspect.signature(value.fget).return_annotation}`", told(value)
