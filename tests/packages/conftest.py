"""The project's packages, built once, and an environment in which the wheel is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from .environment import PROJECT, Environment, build, make_environment


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """`.whl` and `.gz`."""
    return build(PROJECT, tmp_path_factory.mktemp("dist"), "sdist", "wheel")


@pytest.fixture(scope="session")
def installed(packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = make_environment(tmp_path_factory.mktemp("installed"))
    made.install(packages[".whl"])
    return made
