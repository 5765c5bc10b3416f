"""docs/reference/settings.md, from `Settings` and what reads it."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, fields
from typing import Any, Final

from marketlake.cli import options
from marketlake.model import settings
from marketlake.model.settings import Settings

from .markdown import attribute_docs, table

INTRODUCTION = """\
# Settings

Written from `marketlake.settings`. A flag wins over the environment, the environment over `marketlake.toml`,
and that over the default. A wrong value or an unknown key is an error: it
names the file, the key and what is allowed.
"""
OTHER: Final = {
    "MARKETLAKE_RETRY_SECONDS": "Airflow only: seconds before a task's first retry",
}
ALSO: Final = {
    "lake": "where the lake is",
    "now": "pins the clock, such as 2026-01-02T12:00Z; else the machine's",
    "requests_per_second": "by source; 0 does not limit; what is not named has a default",
}
DEFAULTS: Final = {"home": "the working directory", "lake": "`data` in the home"}


def page() -> str:
    source = inspect.getsource(settings)
    known = {name.lower() for name in re.findall(r"MARKETLAKE_([A-Z_]+)", source)}
    flags = set(re.findall(r"\[env: MARKETLAKE_([A-Z_]+)", inspect.getsource(options)))
    docs = attribute_docs(Settings) | ALSO
    rows = []
    for field in fields(Settings):
        name = field.name
        rows.append((
            f"`--{name.replace('_', '-')}`" if name.upper() in flags else "",
            f"`MARKETLAKE_{name.upper()}`" if name in known else "",
            f"`{name}`" if name in settings._KEYS else "",
            default(field),
            docs[name].rstrip("."),
        ))  # fmt: skip
    lines = table(("flag", "environment", "`marketlake.toml`", "default", "what it is"), rows)
    rates = table(
        ("source", "requests a second"), [(name, f"{rate:g}") for name, rate in settings._LIVE_RATES.items()]
    )
    other = [f"`{name}`: {told}." for name, told in OTHER.items()]
    closing = (
        "Unless told otherwise, live vendors are asked so often at most; any other source once a second:"
    )
    return "\n".join(
        [INTRODUCTION, *lines, "", *other, "", "## How gently vendors are asked", "", closing, "", *rates, ""]
    )


def default(field: Field[Any]) -> str:
    if field.name in DEFAULTS:
        return DEFAULTS[field.name]
    plain = field.default is not MISSING and field.default is not None
    return f"`{field.default}`" if plain else "none"
