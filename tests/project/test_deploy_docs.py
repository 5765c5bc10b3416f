"""What the pages on deployment tell a stranger to type is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "docs" / f"{name}.md" for name in ("deploy", "kubernetes", "watching")]
COMPOSE = (PROJECT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]


@pytest.fixture(params=PAGES, ids=lambda page: page.stem)
def page(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text()


def test_every_service_profile_and_volume_is_one_of_the_file(page: str) -> None:
    for line in re.findall(r"docker compose (?:exec|stop|start|logs|cp|run)\b[^\n`]*", page):
        words = [word.partition(":")[0] for word in line.split()[3:] if not word.startswith("-")]
        assert words[0] in SERVICES, line
    assert set(re.findall(r"--scale (\w+)=", page)) <= set(SERVICES)
    profiles = {profile for service in SERVICES.values() for profile in service.get("profiles", ())}
    assert set(re.findall(r"--profile (\w+)", page)) <= profiles
    volumes = yaml.safe_load(COMPOSE)["volumes"]
    assert {name for name in re.findall(r"marketlake_(\w+):/", page)} <= set(volumes)


def test_every_setting_is_known(page: str) -> None:
    known = COMPOSE + (PROJECT / ".env.example").read_text()
    for name in re.findall(r"\b(?:MARKETLAKE|S3|SMTP|OTEL|AWS|NUM)_[A-Z_]*[A-Z]\b", page):
        assert name in known, name


def test_every_command_is_known(page: str) -> None:
    from typer.main import get_command

    from marketlake.cli.app import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    named = re.findall(r"(?:worker|`|0\.1\.0) ?marketlake ([a-z]+)", page)
    assert set(named) <= set(commands)
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z]+-?[a-z]+)\b(?=`|\s+#|\s*&&)", page)) <= set(targets)


def test_every_file_that_it_points_at_is_there(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        assert (PROJECT / "docs" / target).exists(), target
