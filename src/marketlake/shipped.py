"""The configuration that comes with marketlake: in the package, or at the root of a source checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from .errors import ConfigError

NAMES: Final = ("instruments.toml", "claims.toml")


def shipped(name: str) -> str:
    """The text of a shipped configuration file."""
    packaged = files(__package__) / "defaults" / name
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    checkout = Path(__file__).parents[2] / name
    if checkout.is_file():
        return checkout.read_text(encoding="utf-8")
    raise ConfigError(f"{name} is missing from this installation; install marketlake again")
