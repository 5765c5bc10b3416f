"""docs/reference/commands.md, from the parser of the command line."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from marketlake.cli.app import COMMANDS, command

from .markdown import item, paragraph

INTRODUCTION: Final = """\
# Commands

```sh
marketlake                      # without a command: the state of the lake, and what to type next
marketlake compare --help       # the same text as on this page
```

This page is written from the parser. Exit codes: 0 all well, 1 nothing worked, 2 usage, 3 partial.
Settings come from flags, then from the [environment and `marketlake.toml`](settings.md).

A terminal also shows colour, sparklines such as `▃█▂▁▅▄` and progress with the time left. A pipe,
`TERM=dumb` and `NO_COLOR` get plain text. The TAB key completes commands, options, instruments and
claims after this line in `~/.bashrc` (or with `zsh_source` or `fish_source` in that shell's file):

```sh
eval "$(_MARKETLAKE_COMPLETE=bash_source marketlake)"
```
"""
SHARED: Final = 2
"""An option of so many commands is described once."""


@dataclass(frozen=True)
class Option:
    """One argument or option of a command."""

    flag: str
    takes: str
    default: str
    text: str

    @property
    def name(self) -> str:
        return f"`{self.flag}`{' (required)' if self.takes == 'required' else ''}"

    @property
    def line(self) -> str:
        notes = [text for text in (self.takes, self.default and f"default {self.default}") if text]
        return f"`{self.flag}`{' (' + '; '.join(notes) + ')' if notes else ''}: {self.text}".rstrip(": ")


def page() -> str:
    commands = {name: command(name) for name in COMMANDS}
    options = {name: [option(one) for one in own.params] for name, own in commands.items()}
    count = Counter(option for own in options.values() for option in own)
    shared = [option for option in count if count[option] >= SHARED]
    lines = [INTRODUCTION, "## Shared options", ""]
    lines += [line for option in shared for line in item(option.line)]
    for name, own in commands.items():
        lines += ["", *section(name, own, options[name], set(shared))]
    return "\n".join(lines) + "\n"


def section(name: str, own: click.Command, options: list[Option], shared: set[Option]) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield from paragraph(inspect.cleandoc(own.help or ""))
    yield ""
    for option in options:
        if option not in shared:
            yield from item(option.line)
    if common := [option.name for option in options if option in shared]:
        yield from item(f"Shared: {', '.join(common)}")


def option(one: click.Parameter) -> Option:
    assert isinstance(one, click.Argument | click.Option)
    if isinstance(one, click.Argument):
        flag = str(one.name).upper()
    else:
        flag = ", ".join(one.opts) + "".join(f" / {no}" for no in one.secondary_opts)
    return Option(
        flag, "required" if one.required else values_of(one), shown(one.default), (one.help or "").rstrip(".")
    )


def values_of(one: click.Parameter) -> str:
    """What may be given, in words, where it is not any text."""
    if isinstance(one.type, click.Choice):
        return ", ".join(f"`{value}`" for value in one.type.choices)
    words = {click.INT.name: "whole number", click.FLOAT.name: "number", "integer range": "whole number"}
    return words.get(one.type.name, "")


def shown(default: Any) -> str:
    return (
        f"`{default}`" if isinstance(default, str | int | float | Path) and default not in ("", False) else ""
    )
