"""The package of docs/howto/source.md: built as a wheel, installed, tested by the contract, and used."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pytest

from marketlake.testing import Canned, serve

from ..docs.snippets import snippets
from .environment import Environment, build, make_environment

pytestmark = pytest.mark.slow

PAGE: Final = "docs/howto/source.md"
PYTEST: Final = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", "temporary")
"""In a folder of its own, because pytest otherwise ends by deleting what other runs have left."""
CLOSES: Final = {"2024-03-13": 71.0, "2024-03-14": 71.5}


def shown(name: str) -> str:
    """The block of the page that is this file."""
    return next(one.text for one in snippets(PAGE) if one.text.startswith(f"# {name}\n"))


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's three files alone."""
    folder = tmp_path_factory.mktemp("acme")
    for name in ("pyproject.toml", "marketlake_acme.py", "test_acme.py"):
        (folder / name).write_text(shown(name))
    return folder


@pytest.fixture(scope="module")
def plugged(acme: Path, packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = make_environment(tmp_path_factory.mktemp("plugged"))
    made.install(packages[".whl"])
    made.install(build(acme, tmp_path_factory.mktemp("dist"), "wheel")[".whl"])
    return made


def test_installed_source_passes_the_published_contract(acme: Path, plugged: Environment) -> None:
    (plugged.work / "test_acme.py").write_text(shown("test_acme.py"))
    printed = plugged.run(*PYTEST, "test_acme.py")
    passed = re.search(r"^(\d+) passed", printed, re.MULTILINE)
    assert passed, printed
    assert int(passed[1]) > 50


def test_contract_finds_a_source_that_ignores_the_status(acme: Path, plugged: Environment) -> None:
    code = shown("marketlake_acme.py").replace("raise error", "pass")
    (plugged.work / "marketlake_acme.py").write_text(code)
    (plugged.work / "test_acme.py").write_text(shown("test_acme.py"))
    try:
        printed = plugged.run(*PYTEST, "-k", "http_status or empty_window", "test_acme.py", code=1)
    finally:
        (plugged.work / "marketlake_acme.py").unlink()
    assert "5 failed, 1 passed" in printed
    assert "MalformedError'> is <class 'marketlake.model.errors.BlockedError'>" in printed


def test_installed_source_is_fetched_and_reconciled(plugged: Environment) -> None:
    home = plugged.work / "home"
    (home / "files").mkdir(parents=True)
    (home / "instruments.toml").write_text(
        "\n".join(one.text for one in snippets(PAGE) if 'id = "OIL"' in one.text)
    )
    closes = "".join(f"{day},{close}\n" for day, close in CLOSES.items())
    (home / "files" / "oil.csv").write_text(f"date,close\n{closes}")
    with serve() as vendor:
        vendor.answer = Canned(json.dumps({"closes": CLOSES}).encode())
        environ = {
            "MARKETLAKE_HOME": str(home),
            "MARKETLAKE_NOW": "2024-03-15T06:00Z",
            "MARKETLAKE_SOURCE_URL": vendor.url,
        }
        plugged.marketlake("run", "OIL", **environ)
        stored = plugged.marketlake("query", "SELECT close, source FROM bar", "--format", "json", **environ)
        reconciled = plugged.marketlake("reconcile", "OIL", "--format", "json", **environ)
    assert all(path.startswith("/acme/") for path in vendor.requests)
    assert [(row["close"], row["source"]) for row in json.loads(stored)] == [(71.0, "acme"), (71.5, "acme")]
    assert "acme" in reconciled
    assert "files" in reconciled
