"""The locks are what the project declares, and say nothing of where packages come from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).parents[2]
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text())
EXTRAS = DECLARED["project"]["optional-dependencies"]
LOCKS = {"requirements.lock": ("airflow", "dev"), "requirements-celery.lock": ("celery",)}


def locked(name: str) -> list[Requirement]:
    lines = (PROJECT / name).read_text().splitlines()
    return [Requirement(line.removesuffix(" \\")) for line in lines if re.match(r"[a-z0-9]", line)]


def versions(name: str) -> dict[str, set[Version]]:
    found: dict[str, set[Version]] = {}
    for requirement in locked(name):
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        found.setdefault(canonicalize_name(requirement.name), set()).add(Version(pin.version))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_declared_is_locked_at_a_version_that_satisfies_it(lock: str) -> None:
    have = versions(lock)
    declared = [*DECLARED["project"]["dependencies"], *DECLARED["dependency-groups"]["build"]]
    declared += [line for extra in LOCKS[lock] for line in EXTRAS[extra]]
    for requirement in map(Requirement, declared):
        found = have.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement.name} is not in {lock}; run `make lock`"
        assert all(version in requirement.specifier for version in found), f"{requirement}; run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash(lock: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", (PROJECT / lock).read_text().strip())
    assert len(blocks) == len(locked(lock))
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host(lock: str) -> None:
    text = (PROJECT / lock).read_text()
    assert not re.search(r"://|index-url|find-links|\s@\s|[a-z0-9-]+\.(org|com|io|net)\b", text)


def test_the_two_locks_agree() -> None:
    one, other = (versions(lock) for lock in LOCKS)
    assert {
        name: (one[name], other[name]) for name in one.keys() & other.keys() if one[name] != other[name]
    } == {}


def test_the_core_is_light() -> None:
    names = {Requirement(line).name for line in DECLARED["project"]["dependencies"]}
    assert not names & {"apache-airflow", "pyspark", "vl-convert-python", "pytest", "s3fs"}
    assert set(EXTRAS) == {"airflow", "celery", "s3", "spark", "report", "dev"}
