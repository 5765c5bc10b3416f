"""docs/reference/errors.md, from the tree of exceptions."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from marketlake.model import errors

from .markdown import table

INTRODUCTION = """\
# Errors

Written from `marketlake.errors`. All of them derive from `marketlake.MarketlakeError`, so one `except` takes
whatever is raised on purpose. A message says what, where, the limit and the remedy, and never holds a secret.

```text
"""


def page() -> str:
    tree = (errors.__doc__ or "").split("\n\n", 1)[1].rstrip()
    rows = table(("error", "means", "exit code", "outcome in `run`"), described(errors.MarketlakeError))
    return "\n".join([f"{INTRODUCTION}{tree}", "```", "", *rows, ""])


def described(error: type[errors.MarketlakeError]) -> Iterator[tuple[str, str, str, str]]:
    told = " ".join((inspect.getdoc(error) or "").split())
    yield f"`{error.__name__}`", told, str(error.exit_code), str(vars(error).get("outcome", ""))
    for kind in error.__subclasses__():
        yield from described(kind)
