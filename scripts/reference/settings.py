"""docs/reference/settings.md, from `Settings` and what reads it."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, fields
from typing import Any, Final

from marketlake.cli import options
from marketlake.model import settings
from marketlake.model.settings import Settings

from .markdown import attribute_docs, item, paragraph

INTRODUCTION: Final = """\
# Settings

```toml
# marketlake.toml
currency = "EUR"
batch_size = 50

[requests_per_second]
yahoo = 1

[deadline_hours]
crypto = 6
```

This page is written from `marketlake.model.settings`. A flag wins over the environment, the
environment over `marketlake.toml`, and that over the default. A wrong value or an unknown key is an
error that names the file, the key and the allowed values.
"""
OTHER: Final = {
    "MARKETLAKE_LAKES": "Airflow only: several lakes, such as `eq=/config/eq,coin=/config/coin`",
    "MARKETLAKE_DAG_OWNER": "Airflow only: owner of the DAGs; by default the lake's name, or marketlake",
    "MARKETLAKE_RETRIES": "Airflow only: how often a task is retried; by default 6",
    "MARKETLAKE_RETRY_SECONDS": "Airflow only: seconds before a task's first retry; by default 60",
}
ALSO: Final = {
    "lake": "where the lake is",
    "now": "pins the clock, such as 2026-01-02T12:00Z",
    "requests_per_second": "by source; 0 means no limit",
}
DEFAULTS: Final = {"home": "the working directory", "lake": "`data` in the home"}


def page() -> str:
    source = inspect.getsource(settings)
    known = {name.lower() for name in re.findall(r"MARKETLAKE_([A-Z_]+)", source)}
    flags = set(re.findall(r"\[env: MARKETLAKE_([A-Z_]+)", inspect.getsource(options)))
    variables = {"keys": ", ".join(f"`{variable}`" for variable in settings.KEY_VARIABLES.values())}
    docs = attribute_docs(Settings) | ALSO
    rows = []
    for field in fields(Settings):
        name = field.name
        rows.append((
            f"`--{name.replace('_', '-')}`" if name.upper() in flags else "",
            variables.get(name, f"`MARKETLAKE_{name.upper()}`" if name in known else ""),
            f"`{name}`" if name in settings._KEYS else "",
            default(field),
            docs[name].rstrip("."),
        ))  # fmt: skip
    lines = [line for row in rows for line in item(described(*row))]
    rates = ", ".join(f"{name} {rate:g}" for name, rate in settings._LIVE_RATES.items())
    other = [f"- `{name}`: {text}." for name, text in OTHER.items()]
    closing = f"Default requests per second to live vendors: {rates}, any other source 1."
    return "\n".join([INTRODUCTION, *lines, "", *other, "", *paragraph(closing), ""])


def described(flag: str, variable: str, key: str, default: str, text: str) -> str:
    """One setting with every way to set it."""
    ways = ", ".join(way for way in (flag, variable, key and f"{key} in the file") if way)
    return f"{ways or '`[deadline_hours]` in the file'}: {text}. Default: {default}"


def default(field: Field[Any]) -> str:
    if field.name in DEFAULTS:
        return DEFAULTS[field.name]
    plain = field.default is not MISSING and field.default is not None
    return f"`{field.default}`" if plain else "none"
