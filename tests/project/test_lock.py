"""The locks match the declared dependencies and name no package index."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).parents[2]
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text())
EXTRAS = DECLARED["project"]["optional-dependencies"]
LOCKS = {
    "requirements.lock": ("airflow", "dev"),
    "requirements-celery.lock": ("celery", "s3"),
    "requirements-spark.lock": ("spark",),
}


def locked(name: str) -> list[Requirement]:
    lines = (PROJECT / name).read_text().splitlines()
    return [Requirement(line.removesuffix(" \\")) for line in lines if re.match(r"[a-z0-9]", line)]


def versions(name: str) -> dict[str, set[Version]]:
    locked_versions: dict[str, set[Version]] = {}
    for requirement in locked(name):
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        locked_versions.setdefault(canonicalize_name(requirement.name), set()).add(Version(pin.version))
    return locked_versions


@pytest.mark.parametrize("lock", LOCKS)
def test_every_declared_package_is_locked_at_a_matching_version(lock: str) -> None:
    have = versions(lock)
    declared = [*DECLARED["project"]["dependencies"], *DECLARED["dependency-groups"]["build"]]
    declared += [line for extra in LOCKS[lock] for line in EXTRAS[extra]]
    for requirement in map(Requirement, declared):
        locked_versions = have.get(canonicalize_name(requirement.name), set())
        assert locked_versions, f"{requirement.name} is not in {lock}; run `make lock`"
        assert all(version in requirement.specifier for version in locked_versions), (
            f"{requirement}; run `make lock`"
        )


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash(lock: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", (PROJECT / lock).read_text().strip())
    assert len(blocks) == len(locked(lock))
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_host(lock: str) -> None:
    text = (PROJECT / lock).read_text()
    assert not re.search(r"://|index-url|find-links|\s@\s|[a-z0-9-]+\.(org|com|io|net)\b", text)


@pytest.mark.parametrize("lock", list(LOCKS)[1:])
def test_locks_agree(lock: str) -> None:
    one, other = versions("requirements.lock"), versions(lock)
    assert {
        name: (one[name], other[name]) for name in one.keys() & other.keys() if one[name] != other[name]
    } == {}


def test_core_has_few_dependencies() -> None:
    names = {Requirement(line).name for line in DECLARED["project"]["dependencies"]}
    assert not names & {"apache-airflow", "pyspark", "vl-convert-python", "pytest", "s3fs"}
    assert set(EXTRAS) == {"airflow", "celery", "s3", "spark", "dev"}


def test_every_locked_package_is_needed() -> None:
    """Every locked and installed package is a dependency of the project or its extras."""
    declared = [*DECLARED["project"]["dependencies"], *DECLARED["dependency-groups"]["build"]]
    declared += [line for extra in LOCKS["requirements.lock"] for line in EXTRAS[extra]]
    waiting = [(canonicalize_name(r.name), frozenset(r.extras)) for r in map(Requirement, declared)]
    reached: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in reached:
            continue
        reached.add((name, extras))
        try:
            needs = [Requirement(line) for line in metadata.requires(name) or []]
        except metadata.PackageNotFoundError:
            continue  # for another platform
        for need in needs:
            if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in {"", *extras}):
                waiting.append((canonicalize_name(need.name), frozenset(need.extras)))
    names = {name for name, _ in reached}
    installed = {canonicalize_name(d.metadata["Name"]) for d in metadata.distributions()}
    assert set(versions("requirements.lock")) & installed <= names
    assert installed & names - set(versions("requirements.lock")) == set()


def test_installed_versions_equal_the_lock() -> None:
    have = versions("requirements.lock")
    for distribution in metadata.distributions():
        name = canonicalize_name(distribution.metadata["Name"])
        if name in have:
            assert Version(distribution.version) in have[name], (
                f"{name} {distribution.version}; run `make venv`"
            )


def test_every_lock_line_is_a_pin_a_hash_or_a_comment() -> None:
    """No option, address or package without a hash is possible, and pip requires hashes."""
    line_of = re.compile(
        r"[a-z0-9][a-z0-9._\[\],-]*==[^\s;]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|\s*#.*|"
    )
    for lock in LOCKS:
        wrong = [line for line in (PROJECT / lock).read_text().splitlines() if not line_of.fullmatch(line)]
        assert wrong == []
    files = (PROJECT / "scripts" / "bootstrap", PROJECT / "scripts" / "spark", PROJECT / "Dockerfile")
    text = "\n".join(path.read_text().replace("\\\n", "") for path in files)
    installing = [line for line in text.splitlines() if re.search(r"pip .*install .*(\$lock|-r )", line)]
    assert len(installing) == 5
    assert all("--require-hashes" in line for line in installing)
