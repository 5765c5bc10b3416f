"""Read an untrusted TOML file: bounded in size, time and kind."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from .errors import ConfigError

_MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_DOTS: Final = 40
"""Per line: the time of `tomllib` for `a.a.a...` grows quadratically."""
NAMES: Final = ("instruments.toml", "claims.toml")


def read_toml(path: Path, most_bytes: int = _MOST_BYTES) -> dict[str, Any]:
    """A TOML file's content; `ConfigError` when it is missing, no file, too large or not TOML."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path} is not a file; write one there, or set MARKETLAKE_HOME")
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; run `marketlake init` or set MARKETLAKE_HOME") from None
    # a path with a null byte is a ValueError
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {str(error)[:200]}") from error
    return parse_toml(path, content, most_bytes)


def parse_toml(path: Path, content: bytes, most_bytes: int = _MOST_BYTES) -> dict[str, Any]:
    """The document in this content of a file at `path`; `ConfigError` as `read_toml`."""
    if len(content) > most_bytes:
        raise ConfigError(f"{path}: larger than {most_bytes} bytes; is it the right file?")
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.count(b".") > _MOST_DOTS:
            raise ConfigError(f"{path}: more than {_MOST_DOTS} dots in line {number}; break it up")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    # errors of tomllib, numbers of thousands of digits and undecodable bytes are ValueErrors
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read: {str(error)[:200]}") from error


def shipped(name: str) -> str:
    """The text of a shipped configuration file."""
    return _shipped(name).read_text(encoding="utf-8")


def sample_instruments() -> str:
    """The text of the sample market's universe."""
    return (files("marketlake") / "simulator" / "sample" / "instruments.toml").read_text(encoding="utf-8")


def shipped_dags() -> dict[str, str]:
    """The texts of the DAG files by name."""
    paths = (path for path in _shipped("dags").iterdir() if path.name.endswith(".py"))
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(paths, key=lambda path: path.name)}


def _shipped(name: str) -> Traversable:
    """In the wheel, or at the top of the clone."""
    for place in (files("marketlake") / "defaults", Path(__file__).parents[3]):
        if (found := place / name).is_file() or found.is_dir():
            return found
    raise ConfigError(f"{name} is missing from this installation; install marketlake again")
