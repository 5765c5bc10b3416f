"""Results as tables of Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

FULL: Final = 10_000
"""Instruments for which the targets are meant."""


@dataclass(frozen=True)
class Target:
    """What a figure is meant to be: at most `limit`, or at least."""

    limit: float
    at_least: bool = False

    def judge(self, value: float) -> str:
        met = value >= self.limit if self.at_least else value <= self.limit
        return f"{self}: {'met' if met else 'missed'}"

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


def machine(*packages: str) -> str:
    """Where, when and with which versions something was measured."""
    engines = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages)]
    cores = f"{os.cpu_count()} shared cores of a virtual machine"
    return f"{cores}, {', '.join(engines)}, {datetime.now(UTC):%B %Y}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def judged(value: float, target: Target | None, symbols: int) -> str:
    """The verdict; targets are meant for the full size."""
    if target is None:
        return ""
    return target.judge(value) if symbols >= FULL else f"{target} at full size"


def sizes(small: int, large: int) -> list[str]:
    """The heads of a table of two lakes."""
    return ["", f"{small:,} symbols", f"{large:,}", "growth", "CPU"]


def seconds(value: float) -> str:
    if value >= 10:
        return f"{value:.0f} s"
    return f"{value:.2f} s" if value >= 0.5 else f"{1000 * value:.0f} ms"
