"""GitHub's workflow is valid, may only read, and calls what exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / ".github" / "workflows" / "ci.yml"


@pytest.fixture
def workflow() -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load(FILE.read_text())
    return content


def commands(workflow: dict[Any, Any]) -> list[str]:
    return [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]


def test_file_follows_the_schema_of_workflows() -> None:
    check = ["-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(FILE)]
    done = subprocess.run([sys.executable, *check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_jobs_may_only_read_and_end_in_time(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert "permissions" not in job
        assert 0 < job["timeout-minutes"] <= 90, name
        checkout = [step["with"] for step in job["steps"] if "checkout" in step.get("uses", "")]
        assert checkout == [{"persist-credentials": False}], name


def test_suites_run_on_every_supported_python(workflow: dict[Any, Any]) -> None:
    low, high = re.findall(
        r"3\.(\d+)", re.search(r"requires-python.*", (PROJECT / "pyproject.toml").read_text())[0]
    )
    versions = workflow["jobs"]["test"]["strategy"]["matrix"]["python-version"]
    assert versions == [f"3.{minor}" for minor in range(int(low), int(high))]


def test_every_command_exists(workflow: dict[Any, Any]) -> None:
    lines = commands(workflow)
    targets = {line.removeprefix("make ") for line in lines if line.startswith("make ")}
    assert targets == {"check", "venv", "test", "cluster-test", "container-test"}
    declared = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert targets <= set(declared)
    for path in re.findall(r"\btests/\S+", " ".join(lines)):
        assert (PROJECT / path).exists()
