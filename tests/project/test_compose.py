"""docker-compose.yml is valid, keeps its secrets out of the file and its ports on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from marketlake.airflow.standalone import airflow_environment
from marketlake.model.settings import KEY_VARIABLES

from .compose_file import (
    IMAGE,
    OPTIONAL,
    PROJECT,
    REQUIRED,
    TEXT,
    VALUES,
    airflow_options,
    filled_in,
    names_in_the_code,
)


@pytest.fixture
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(TEXT)
    return content


def test_file_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(compose, json.loads(schema.read_text()))


def test_services_are_airflow_and_its_dependencies(compose: dict[str, Any]) -> None:
    airflow = {"api-server", "scheduler", "dag-processor", "worker"}
    assert set(compose["services"]) == airflow | {"init", "postgres", "redis", "store"}
    for name in airflow:
        needs = compose["services"][name]["depends_on"]
        assert needs["init"] == {"condition": "service_completed_successfully"}
        # stops after the worker, whose tasks report their end to it
        assert set(needs) - {"init"} == ({"api-server"} if name == "worker" else set())


def test_every_reference_resolves(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("depends_on", ())) <= set(compose["services"])
        assert set(service["networks"]) <= set(compose["networks"])
        volumes = {filled_in(volume).split(":")[0] for volume in service.get("volumes", ())}
        assert {name for name in volumes if not name.startswith("./")} <= set(compose["volumes"])


def test_every_long_running_service_has_a_health_check(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert (name == "init") == ("healthcheck" not in service)


def test_ports_are_published_on_loopback_only(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_secret_has_a_value_or_a_default(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if re.search(r"PASSWORD$|SECRET|_KEY(_ID)?$|REDISCLI_AUTH", name):
                # a vendor's key is optional: its source is skipped without
                assert REQUIRED.fullmatch(value) or value == "${TIINGO_API_KEY:-}", name
            credential = re.search(r"://[^@/:]*:(.+)@", str(value))
            assert not credential or REQUIRED.fullmatch(credential.group(1)), name


def test_env_example_lists_every_variable_without_values() -> None:
    lines = (PROJECT / ".env.example").read_text().splitlines()
    listed = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert set(listed) == set(REQUIRED.findall(TEXT)) | set(OPTIONAL.findall(TEXT))
    assert set(listed.values()) == {""}


def test_every_secret_is_required() -> None:
    assert set(REQUIRED.findall(TEXT)) == {
        "ADMIN_PASSWORD",
        "API_SECRET_KEY",
        "FERNET_KEY",
        "JWT_SECRET",
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "S3_ACCESS_KEY",
        "S3_SECRET_KEY",
    }


def test_every_service_has_limits_and_few_rights(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        limits = service["deploy"]["resources"]["limits"]
        assert re.fullmatch(r"\d+[mg]", limits["memory"]), name
        assert 0 < float(limits["cpus"]) <= 2, name
        assert 0 < limits["pids"] <= 512, name
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["logging"]["options"]["max-size"]
        # what the object store's image needs was not tried
        if name != "store":
            assert (service["cap_drop"], service["read_only"]) == (["ALL"], True), name
        # the image of Airflow has a user of its own
        assert service["image"].startswith(IMAGE) or name == "store" or service["user"] == name


def test_one_service_builds_the_image_and_none_pulls_it(compose: dict[str, Any]) -> None:
    """Two services that build the same image name at the same time fail."""
    ours = {name: one for name, one in compose["services"].items() if one["image"].startswith(IMAGE)}
    assert [name for name, service in ours.items() if "build" in service] == ["init"]
    assert {service["pull_policy"] for name, service in ours.items() if name != "init"} == {"never"}


def test_object_store_variables_reach_boto(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """boto would ignore a wrong variable name and use its default."""
    import boto3

    environment = compose["services"]["worker"]["environment"]
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in [name for name in environment if name.startswith("AWS_")]:
        env = {"S3_ENDPOINT": "https://s3.example.com", "S3_REGION": "eu-north-1"}
        monkeypatch.setenv(name, filled_in(environment[name], **env))
    client = boto3.client("s3")
    assert (client.meta.region_name, client.meta.endpoint_url) == ("eu-north-1", "https://s3.example.com")
    own = {entry["name"] for entry in VALUES["env"] if not entry["name"].startswith("MARKETLAKE_")}
    assert own == {"AWS_DEFAULT_REGION"} <= environment.keys()


def test_every_image_is_pinned_to_a_version(compose: dict[str, Any]) -> None:
    images = {service["image"] for service in compose["services"].values()}
    assert all(re.fullmatch(r"[a-z/-]+:\d+\.\d+(\.\d+)?", image) for image in images), images
    built = re.findall(r"^FROM (\S+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(set(built) - {"packages"}) == 1
    assert all(re.fullmatch(r"packages|python:3\.12\.\d+-slim-bookworm", image) for image in built)


def test_every_compose_setting_exists_in_the_code(compose: dict[str, Any]) -> None:
    known, own = airflow_options(), names_in_the_code()
    embedded = airflow_environment(Path("home"), Path("dags")).keys() - {"AIRFLOW_HOME", "NO_PROXY"}
    for name in [*compose["services"]["worker"]["environment"], *embedded]:
        if match := re.fullmatch(r"AIRFLOW__([A-Z_]+?)__([A-Z_]+)", name):
            section, option = (part.lower() for part in match.groups())
            assert option in known[section], name
        elif name.startswith("MARKETLAKE_"):
            assert name in own, name
        elif name in KEY_VARIABLES.values():
            continue
        else:
            assert name.startswith(("AWS_", "OTEL_EXPORTER_", "AIRFLOW_CONN_")) or name.endswith("_PROXY"), (
                name
            )


def test_vendor_proxy_is_not_used_between_services(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from requests.utils import get_environ_proxies

    environment = compose["services"]["worker"]["environment"]
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", environment["NO_PROXY"])
    for proxy in ("", "http://proxy.example.com:3128"):
        monkeypatch.setenv("HTTPS_PROXY", filled_in(environment["HTTPS_PROXY"], HTTPS_PROXY=proxy))
        assert get_environ_proxies("https://api.kraken.com").get("https", "") == proxy
        for part in ("api-server", "postgres", "redis", "store"):
            assert part in compose["services"]
            assert get_environ_proxies(f"https://{part}:8080") == {}


def test_commands_of_the_containers_exist(compose: dict[str, Any]) -> None:
    from importlib.util import find_spec

    for service in compose["services"].values():
        for command in (service.get("command", []), service.get("healthcheck", {}).get("test", [])[1:]):
            if "-m" in command:
                assert find_spec(command[command.index("-m") + 1])


@pytest.mark.parametrize(
    ("proxy", "client"), [("", "172.31.0.1"), ("172.31.0.1", "198.51.100.7"), ("172.31.0.9", "172.31.0.1")]
)
def test_client_address_is_taken_from_the_trusted_proxy_only(
    compose: dict[str, Any], proxy: str, client: str
) -> None:
    """The limit of failed logins counts by this address; a client may claim any."""
    from airflow.cli.cli_parser import get_parser
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    service = compose["services"]["api-server"]
    assert get_parser().parse_args(service["command"][1:]).proxy_headers
    trusted = filled_in(service["environment"]["FORWARDED_ALLOW_IPS"], PROXY_ADDRESS=proxy)
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["client"][0], scope["scheme"]))

    # a proxy appends the address that it sees to what the client claims
    headers = [(b"x-forwarded-for", b"192.0.2.1, 198.51.100.7"), (b"x-forwarded-proto", b"https")]
    scope: Any = {"type": "http", "client": ("172.31.0.1", 5000), "scheme": "http", "headers": headers}
    # a thread of its own: in this one a browser's test may have left its event loop running
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(ProxyHeadersMiddleware(app, trusted)(scope, None, None))).result()  # type: ignore[arg-type]
    assert seen == [(client, "https" if proxy == "172.31.0.1" else "http")]


def test_image_installs_from_the_lock_and_runs_unprivileged() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    lines = text.splitlines()
    assert re.search(r"--require-hashes[ \\\n]+-r requirements-celery.lock", text)
    assert [line for line in lines if line.startswith("USER ")] == ["USER 50000:0"]
    assert not re.search(r"apt-get|curl|wget|ADD ", text)
    copied = [word for line in lines if re.match("COPY (?!--from)", line) for word in line.split()[1:-1]]
    assert all((PROJECT / name).exists() for name in copied)
    shown = (PROJECT / ".dockerignore").read_text().splitlines()
    assert all(f"!{name}" in shown for name in copied)


def test_entrypoint_of_the_charts_probes_runs_its_arguments() -> None:
    script = PROJECT / "deploy" / "entrypoint"
    assert os.access(script, os.X_OK)
    completed = subprocess.run(
        [script, "sh", "-c", 'echo "$1"; exit 3', "sh", "a  b"], capture_output=True, check=False
    )
    assert (completed.returncode, completed.stdout) == (3, b"a  b\n")


def test_auth_manager_is_installed_and_the_first_password_goes_to_one_service(
    compose: dict[str, Any],
) -> None:
    lock = (PROJECT / "requirements-celery.lock").read_text()
    assert re.search(r"^apache-airflow-providers-fab==", lock, re.MULTILINE)
    services = {name: one["environment"] for name, one in compose["services"].items()}
    login = {env.get("AIRFLOW__CORE__AUTH_MANAGER") for env in services.values()} - {None}
    assert login == {"airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"}
    assert [name for name, env in services.items() if "ADMIN_PASSWORD" in env] == ["init"]
