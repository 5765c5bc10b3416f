"""docs/reference/errors.md, from the tree of exceptions."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Final

from marketlake.model import errors

INTRODUCTION: Final = """\
# Errors

```python
import marketlake as ml

try:
    ml.open().compare(["BTC", "NOBODY"])
except ml.MarketlakeError as error:
    print(error)
```

This page is written from `marketlake.model.errors`. Every error derives from `MarketlakeError`, so
one `except` is enough. A message says what is wrong, where, the limit and the remedy, and never
holds a secret. The number is the exit code of a command; a word is the outcome in `run`.
"""


def page() -> str:
    return "\n".join([INTRODUCTION, *described(errors.MarketlakeError, 0), ""])


def described(error: type[errors.MarketlakeError], depth: int) -> Iterator[str]:
    text = " ".join((inspect.getdoc(error) or "").split())
    marks = [str(error.exit_code), str(vars(error).get("outcome", ""))]
    yield f"{'    ' * depth}- `{error.__name__}` ({', '.join(mark for mark in marks if mark)}): {text}"
    # other modules that happen to be imported have errors of their own
    for kind in (one for one in error.__subclasses__() if one.__module__ == errors.__name__):
        yield from described(kind, depth + 1)
