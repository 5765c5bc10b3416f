"""docker-compose.yml is valid, keeps its secrets out of the file and its ports on loopback."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "docker-compose.yml").read_text()
REQUIRED = re.compile(r"\$\{(\w+):\?[^}]+\}")
OPTIONAL = re.compile(r"\$\{(\w+):-[^}]*\}")


@pytest.fixture
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(TEXT)
    return content


def test_it_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(compose, json.loads(schema.read_text()))


def test_its_services_are_airflows_parts_and_what_they_need(compose: dict[str, Any]) -> None:
    airflow = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
    assert set(compose["services"]) == airflow | {"init", "postgres", "redis"}
    for name in airflow:
        assert compose["services"][name]["depends_on"] == {
            "init": {"condition": "service_completed_successfully"}
        }


def test_every_reference_leads_somewhere(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("depends_on", ())) <= set(compose["services"])
        assert set(service["networks"]) <= set(compose["networks"])
        assert {volume.split(":")[0] for volume in service.get("volumes", ())} <= set(compose["volumes"])


def test_every_lasting_service_has_a_health_check(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert (name == "init") == ("healthcheck" not in service)


def test_ports_are_published_on_loopback_only(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_secret_has_a_value_or_a_default(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if re.search(r"PASSWORD$|SECRET|_KEY$|REDISCLI_AUTH", name):
                assert REQUIRED.fullmatch(value), name
            credential = re.search(r"://[^@/:]*:(.+)@", str(value))
            assert not credential or REQUIRED.fullmatch(credential.group(1)), name


def test_the_example_lists_every_variable_and_gives_none_a_value() -> None:
    lines = (PROJECT / ".env.example").read_text().splitlines()
    listed = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert set(listed) == set(REQUIRED.findall(TEXT)) | set(OPTIONAL.findall(TEXT))
    assert set(listed.values()) == {""}


def test_every_secret_is_required() -> None:
    assert set(REQUIRED.findall(TEXT)) == {
        "API_SECRET_KEY",
        "FERNET_KEY",
        "JWT_SECRET",
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
    }


def test_the_image_installs_from_the_lock_and_runs_without_rights() -> None:
    lines = (PROJECT / "Dockerfile").read_text().splitlines()
    assert any("--require-hashes -r requirements-celery.lock" in line for line in lines)
    assert [line for line in lines if line.startswith("USER ")] == ["USER airflow"]
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert all((PROJECT / name).exists() for name in copied)
