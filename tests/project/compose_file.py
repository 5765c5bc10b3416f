"""Helpers to read docker-compose.yml and the Kubernetes values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "docker-compose.yml").read_text()
REQUIRED = re.compile(r"\$\{(\w+):\?[^}]+\}")
OPTIONAL = re.compile(r"\$\{(\w+):-[^}]*\}")
IMAGE = "marketlake-airflow:"
VALUES = yaml.safe_load((PROJECT / "deploy" / "kubernetes-values.yaml").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)


def filled_in(value: str, **env: str) -> str:
    """Substitute variables as Compose does, with defaults."""
    return re.sub(r"\$\{(\w+):[-?]([^}]*)\}", lambda match: env.get(match[1]) or match[2], value)


def airflow_options() -> dict[str, set[str]]:
    """The options of Airflow and its Celery provider, by section."""
    from configparser import RawConfigParser

    import airflow

    place = Path(airflow.__file__).parent / "config_templates"
    core = yaml.safe_load((place / "config.yml").read_text())
    known = {section: set(entry["options"]) for section, entry in core.items()}
    provided = RawConfigParser()
    provided.read(place / "provider_config_fallback_defaults.cfg")
    for section in provided.sections():
        known.setdefault(section, set()).update(provided[section])
    # Airflow reads it although its option list does not have it
    scheduler = (Path(airflow.__file__).parent / "jobs" / "scheduler_job_runner.py").read_text()
    known["scheduler"].update(re.findall(r'section="scheduler",\s+key="(\w+)"', scheduler))
    # has no default, so it is in no list when the provider is not installed
    known["celery"].add("result_backend")
    # passed to the broker unchanged
    known["celery_broker_transport_options"] = {"visibility_timeout"}
    return known


def names_in_the_code() -> set[str]:
    """Every MARKETLAKE_* variable that the package reads."""
    texts = (path.read_text() for path in (PROJECT / "src").rglob("*.py"))
    return {name for text in texts for name in re.findall(r"\bMARKETLAKE_[A-Z_]+\b", text)}
