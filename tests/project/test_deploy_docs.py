"""Everything that the deployment pages tell readers to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "docs" / f"{name}.md" for name in ("deploy", "operate", "kubernetes", "watching")]
COMPOSE = (PROJECT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]


@pytest.fixture(params=PAGES, ids=lambda page: page.stem)
def page(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text()


def test_every_named_service_profile_and_volume_exists(page: str) -> None:
    for verb, rest in re.findall(r"docker compose (exec|stop|start|restart|logs|cp|run)\b([^\n`#]*)", page):
        words = [word.partition(":")[0] for word in rest.split() if not word.startswith("-")]
        named = words if verb in {"stop", "start", "restart"} else words[:1]
        assert set(named) <= set(SERVICES), rest
    profiles = {profile for service in SERVICES.values() for profile in service.get("profiles", ())}
    assert set(re.findall(r"COMPOSE_PROFILES=(\w+)", page)) <= profiles
    content = yaml.safe_load(COMPOSE)
    known = {*content["volumes"], *content["networks"], "slack", "webhook", "mail"}
    assert set(re.findall(r"\bmarketlake_(\w+)", page)) <= known
    image = SERVICES["worker"]["image"]
    assert set(re.findall(r"marketlake-airflow:[\d.]*\d", page)) <= {image}


def test_every_documented_setting_exists(page: str) -> None:
    known = COMPOSE + (PROJECT / ".env.example").read_text()
    for name in re.findall(
        r"\b(?:AIRFLOW|API|AWS|COMPOSE|FERNET|JWT|LAKE|MARKETLAKE|NUM|OTEL|POSTGRES|REDIS|S3|SMTP)_[A-Z_]*[A-Z]\b",
        page,
    ):
        assert name in known, name


def test_every_documented_command_exists(page: str) -> None:
    from marketlake.cli.app import COMMANDS

    named = re.findall(r"(?:worker|`|0\.1\.0) ?marketlake ([a-z]+)", page)
    assert set(named) <= set(COMMANDS)
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z]+-?[a-z]+)\b(?=`|\s+#|\s*&&)", page)) <= set(targets)


def test_every_linked_file_exists(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        assert (PROJECT / "docs" / target).exists(), target


def test_memory_limits_equal_the_compose_file() -> None:
    page = (PROJECT / "docs" / "deploy.md").read_text()
    for name, service in SERVICES.items():
        limit = service["deploy"]["resources"]["limits"]["memory"]
        shown = limit.replace("g", " GB").replace("m", " MB")
        assert re.search(rf"^\| `{name}` \|[^|]*\| {shown} \|", page, re.MULTILINE), name
