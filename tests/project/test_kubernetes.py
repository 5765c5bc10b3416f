"""deploy/kubernetes-values.yaml is consistent with the Compose file; it is never installed here."""

from __future__ import annotations

import re

import yaml

from .compose_file import COMPOSE, PROJECT, VALUES, airflow_options, names_in_the_code


def test_kubernetes_values_equal_the_compose_file() -> None:
    from airflow.configuration import conf

    known, environment = airflow_options(), COMPOSE["services"]["worker"]["environment"]
    for section, options in VALUES["config"].items():
        for option, value in options.items():
            assert option in known[section], option
            setting = environment.get(f"AIRFLOW__{section}__{option}".upper())
            # the Compose file uses Airflow's default, which the chart would override
            assert (setting or conf.get_default_value(section, option)) == str(value), option
    own = [entry["name"] for entry in VALUES["env"] if entry["name"].startswith("MARKETLAKE_")]
    assert set(own) <= names_in_the_code()
    built = COMPOSE["services"]["worker"]["image"].partition(":")[2]
    assert VALUES["defaultAirflowTag"] == built
    lock = (PROJECT / "requirements-celery.lock").read_text()
    assert f"apache-airflow=={VALUES['airflowVersion']} " in lock
    assert (VALUES["uid"], VALUES["gid"]) == (50000, 0)
    assert yaml.safe_load(VALUES["extraEnvFrom"]) == [{"secretRef": {"name": "marketlake-environment"}}]
    assert not re.search(
        r"password: *\S|://[^ ]*:[^ ]*@", (PROJECT / "deploy" / "kubernetes-values.yaml").read_text()
    )


def test_kubernetes_values_need_nothing_missing_in_the_image() -> None:
    """The chart's defaults assume Airflow's own image, with its script for old logs."""
    lock = (PROJECT / "requirements-celery.lock").read_text()
    assert not re.search(r"^apache-airflow-providers-cncf-kubernetes", lock, re.MULTILINE)
    assert VALUES["executor"] == "CeleryExecutor"
    # it would create the user admin with the password admin
    assert not VALUES["createUserJob"]["enabled"]
    assert not VALUES["webserver"]["defaultUser"]["enabled"]
    # no DAG defers a task
    assert VALUES["triggerer"] == {"enabled": False}
    for part in ("workers", "scheduler", "dagProcessor"):
        assert not VALUES[part]["logGroomerSidecar"]["enabled"], part


def test_kubernetes_page_creates_every_secret_in_the_values() -> None:
    values = (PROJECT / "deploy" / "kubernetes-values.yaml").read_text()
    page = (PROJECT / "docs" / "kubernetes.md").read_text()
    named = set(re.findall(r"(?:SecretName|name): (marketlake-\S+)", values))
    assert named == set(re.findall(r"create (?:secret generic|configmap) (\S+)", page))
