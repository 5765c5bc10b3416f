"""A malicious TOML file is rejected quickly with a clear error."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from marketlake.claims.load import load_claims
from marketlake.model import toml_file
from marketlake.model.corrections import load_corrections
from marketlake.model.errors import ConfigError
from marketlake.model.instruments import Universe, load_universe
from marketlake.model.settings import load_settings
from marketlake.model.toml_file import read_toml

READERS: dict[str, Callable[[Path], object]] = {
    "instruments.toml": load_universe,
    "claims.toml": load_claims,
    "corrections.toml": lambda path: load_corrections(path, Universe(())),
    "marketlake.toml": lambda path: load_settings(home=path.parent, environ={}),
}
BOMBS = {
    "deep keys": (b"a." * 2_000_000, "dots in line 1"),
    "deep header": (b"[" + b"a." * 60 + b"a]\n" + b"b=1\n" * 100_000, "dots in line 1"),
    "deep arrays": (b"a=" + b"[" * 2_000_000, "recursion"),
    "deep tables": (b"a=" + b"{a=" * 1_000_000, "recursion"),
    "too long": (b"#" * (32 * 1024 * 1024 + 1), "larger than "),
    "no text": (b"\xff\xfe\x00", "cannot be read"),
    "NUL": (b"a = 1\n\x00", "cannot be read"),
    "a number of a million digits": (b"a = " + b"9" * 1_000_000, "cannot be read"),
}


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    """Some editors write one."""
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read_toml(path) == {"a": 1}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("bomb", BOMBS)
def test_toml_bomb_is_rejected(tmp_path: Path, name: str, bomb: str) -> None:
    content, message = BOMBS[bomb]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=name) as error:
        READERS[name](tmp_path / name)
    assert message in str(error.value)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("kind", ["fifo", "folder", "endless"])
def test_non_file_does_not_block(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="is not a file"):
        READERS[name](path)


def test_deeply_nested_line_is_never_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tomllib's time is quadratic in the depth."""
    monkeypatch.setattr(toml_file.tomllib, "loads", None)
    path = tmp_path / "a.toml"
    path.write_text("a = 1\n" + ".".join(["b"] * 42) + " = 1\n")
    with pytest.raises(ConfigError, match="more than 40 dots in line 2"):
        read_toml(path)


def test_ordinary_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b'a = "..."\r\n[b.c]\nd = 1.5\n')
    assert read_toml(path) == tomllib.loads(path.read_text()) == {"a": "...", "b": {"c": {"d": 1.5}}}
