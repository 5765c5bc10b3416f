"""docker-compose.yml is valid, keeps its secrets out of the file and its ports on loopback."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from base64 import urlsafe_b64decode
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from marketlake.orchestration.environment import airflow_environment

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "docker-compose.yml").read_text()
REQUIRED = re.compile(r"\$\{(\w+):\?[^}]+\}")
OPTIONAL = re.compile(r"\$\{(\w+):-[^}]*\}")
IMAGE = "marketlake-airflow:"
VALUES = yaml.safe_load((PROJECT / "deploy" / "kubernetes-values.yaml").read_text())


def filled_in(value: str, **env: str) -> str:
    """As Compose fills it in; the default where nothing is set."""
    return re.sub(r"\$\{(\w+):[-?]([^}]*)\}", lambda found: env.get(found[1]) or found[2], value)


@pytest.fixture
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(TEXT)
    return content


def test_it_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(compose, json.loads(schema.read_text()))


def test_its_services_are_airflows_parts_and_what_they_need(compose: dict[str, Any]) -> None:
    airflow = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
    assert set(compose["services"]) == airflow | {"init", "postgres", "redis", "store"}
    for name in airflow:
        assert compose["services"][name]["depends_on"] == {
            "init": {"condition": "service_completed_successfully"}
        }


def test_every_reference_leads_somewhere(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("depends_on", ())) <= set(compose["services"])
        assert set(service["networks"]) <= set(compose["networks"])
        volumes = {filled_in(volume).split(":")[0] for volume in service.get("volumes", ())}
        assert {name for name in volumes if not name.startswith("./")} <= set(compose["volumes"])


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
            if re.search(r"PASSWORD$|SECRET|_KEY(_ID)?$|REDISCLI_AUTH", name):
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
        "S3_ACCESS_KEY",
        "S3_SECRET_KEY",
    }


def test_every_service_is_bounded_and_without_new_privileges(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        limits = service["deploy"]["resources"]["limits"]
        assert re.fullmatch(r"\d+[mg]", limits["memory"]), name
        assert 0 < float(limits["cpus"]) <= 2, name
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["logging"]["options"]["max-size"]
        assert service["image"].startswith(IMAGE) == (service.get("cap_drop") == ["ALL"]), name


def test_one_service_builds_the_image_and_none_asks_a_registry_for_it(compose: dict[str, Any]) -> None:
    """Two that build under one name at once fail: the name is taken."""
    ours = {name: one for name, one in compose["services"].items() if one["image"].startswith(IMAGE)}
    assert [name for name, service in ours.items() if "build" in service] == ["init"]
    assert {service["pull_policy"] for name, service in ours.items() if name != "init"} == {"never"}


def test_the_object_store_is_the_one_of_the_settings(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that boto does not read would leave its default."""
    import boto3

    told = compose["services"]["worker"]["environment"]
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in [name for name in told if name.startswith("AWS_")]:
        env = {"S3_ENDPOINT": "https://s3.example.com", "S3_REGION": "eu-north-1"}
        monkeypatch.setenv(name, filled_in(told[name], **env))
    client = boto3.client("s3")
    assert (client.meta.region_name, client.meta.endpoint_url) == ("eu-north-1", "https://s3.example.com")
    own = {entry["name"] for entry in VALUES["env"] if not entry["name"].startswith("MARKETLAKE_")}
    assert own == {"AWS_DEFAULT_REGION"} <= told.keys()


def test_every_image_is_pinned_to_a_version(compose: dict[str, Any]) -> None:
    images = {service["image"] for service in compose["services"].values()}
    assert all(re.fullmatch(r"[a-z/-]+:\d+\.\d+(\.\d+)?", image) for image in images), images
    built = re.findall(r"^FROM (\S+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(built) == 2
    assert all(re.fullmatch(r"python:3\.12\.\d+-slim-bookworm", image) for image in built)


def airflow_options() -> dict[str, set[str]]:
    """What Airflow and its Celery provider know, by section."""
    from configparser import RawConfigParser

    import airflow

    place = Path(airflow.__file__).parent / "config_templates"
    core = yaml.safe_load((place / "config.yml").read_text())
    known = {section: set(entry["options"]) for section, entry in core.items()}
    provided = RawConfigParser()
    provided.read(place / "provider_config_fallback_defaults.cfg")
    for section in provided.sections():
        known.setdefault(section, set()).update(provided[section])
    # read without standing in the list of options
    scheduler = (Path(airflow.__file__).parent / "jobs" / "scheduler_job_runner.py").read_text()
    known["scheduler"].update(re.findall(r'section="scheduler",\s+key="(\w+)"', scheduler))
    # has no default, so it stands in no list here, where the provider is not installed
    known["celery"].add("result_backend")
    # handed on to the broker as it stands
    known["celery_broker_transport_options"] = {"visibility_timeout"}
    return known


def names_in_the_code() -> set[str]:
    """Every MARKETLAKE_* that the package reads."""
    texts = (path.read_text() for path in (PROJECT / "src").rglob("*.py"))
    return {name for text in texts for name in re.findall(r"\bMARKETLAKE_[A-Z_]+\b", text)}


def test_every_setting_is_one_that_the_code_knows(compose: dict[str, Any]) -> None:
    known, own = airflow_options(), names_in_the_code()
    embedded = airflow_environment(Path("home"), Path("dags")).keys() - {"AIRFLOW_HOME", "NO_PROXY"}
    for name in [*compose["services"]["worker"]["environment"], *embedded]:
        if match := re.fullmatch(r"AIRFLOW__([A-Z_]+?)__([A-Z_]+)", name):
            section, option = (part.lower() for part in match.groups())
            assert option in known[section], name
        elif name.startswith("MARKETLAKE_"):
            assert name in own, name
        else:
            assert name.startswith(("AWS_", "OTEL_EXPORTER_", "AIRFLOW_CONN_")) or name.endswith("_PROXY"), (
                name
            )


def test_a_proxy_to_the_vendors_stands_between_no_two_parts(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from requests.utils import get_environ_proxies

    told = compose["services"]["worker"]["environment"]
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", told["NO_PROXY"])
    for proxy in ("", "http://proxy.example.com:3128"):
        monkeypatch.setenv("HTTPS_PROXY", filled_in(told["HTTPS_PROXY"], HTTPS_PROXY=proxy))
        assert get_environ_proxies("https://api.kraken.com").get("https", "") == proxy
        for part in ("api-server", "postgres", "redis", "store"):
            assert part in compose["services"]
            assert get_environ_proxies(f"https://{part}:8080") == {}


def test_what_the_containers_run_is_there(compose: dict[str, Any]) -> None:
    from importlib.util import find_spec

    for service in compose["services"].values():
        for command in (service.get("command", []), service.get("healthcheck", {}).get("test", [])[1:]):
            if "-m" in command:
                assert find_spec(command[command.index("-m") + 1])


def test_the_pages_believe_the_proxy_before_them(compose: dict[str, Any]) -> None:
    from airflow.cli.cli_parser import get_parser

    service = compose["services"]["api-server"]
    assert get_parser().parse_args(service["command"][1:]).proxy_headers
    assert service["environment"]["FORWARDED_ALLOW_IPS"] == "*"


def test_the_image_installs_from_the_lock_and_runs_without_rights() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    lines = text.splitlines()
    assert any("--require-hashes -r requirements-celery.lock" in line for line in lines)
    assert [line for line in lines if line.startswith("USER ")] == ["USER 50000:0"]
    assert not re.search(r"apt-get|curl|wget|ADD ", text)
    copied = [word for line in lines if re.match("COPY (?!--from)", line) for word in line.split()[1:-1]]
    assert all((PROJECT / name).exists() for name in copied)
    shown = (PROJECT / ".dockerignore").read_text().splitlines()
    assert all(f"!{name}" in shown for name in copied)


def test_the_entrypoint_of_the_charts_probes_runs_what_it_is_given() -> None:
    script = PROJECT / "deploy" / "entrypoint"
    assert os.access(script, os.X_OK)
    done = subprocess.run(
        [script, "sh", "-c", 'echo "$1"; exit 3', "sh", "a  b"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (3, b"a  b\n")


def test_who_may_log_in_is_read_as_airflow_reads_it(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    name = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"
    value = compose["services"]["api-server"]["environment"][name]
    for users, expected in {
        "": [("admin", "admin")],
        "admin:admin,anna:viewer": [("admin", "admin"), ("anna", "viewer")],
    }.items():
        monkeypatch.setenv(name, filled_in(value, AIRFLOW_USERS=users))
        assert [(user.username, user.role) for user in SimpleAuthManager.get_users()] == expected


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/env", ".env.example", "instruments.toml", "claims.toml"):
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def make_env(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(checkout / "scripts" / "env")], capture_output=True, text=True, check=False
    )


def values(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_make_env_makes_up_every_secret_for_its_owner_alone(checkout: Path) -> None:
    assert make_env(checkout).returncode == 0
    made = values(checkout / ".env")
    secrets = set(REQUIRED.findall(TEXT))
    assert made.keys() == values(checkout / ".env.example").keys()
    assert {name for name, value in made.items() if value} == secrets
    assert len({made[name] for name in secrets}) == len(secrets)
    for name in secrets:
        # fit for an address as it is
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}=?", made[name])
        assert len(urlsafe_b64decode(made[name] + "=" * (-len(made[name]) % 4))) == 32
    assert made["FERNET_KEY"].endswith("=")
    assert (checkout / ".env").stat().st_mode & 0o777 == 0o600
    assert (checkout / "config" / "instruments.toml").stat().st_mode & 0o044 == 0o044
    assert sorted(path.name for path in checkout.iterdir()) == [
        ".env", ".env.example", "claims.toml", "config", "instruments.toml", "scripts",
    ]  # fmt: skip


def test_make_env_never_touches_what_is_there(checkout: Path) -> None:
    (checkout / ".env").write_text("POSTGRES_PASSWORD=mine\n")
    done = make_env(checkout)
    assert done.returncode == 1
    assert ".env is there already and stays as it is" in done.stderr
    assert (checkout / ".env").read_text() == "POSTGRES_PASSWORD=mine\n"
    assert not (checkout / "config").exists()

    (checkout / ".env").unlink()
    (checkout / "config").mkdir()
    (checkout / "config" / "instruments.toml").write_text("# mine\n")
    assert make_env(checkout).returncode == 0
    assert (checkout / "config" / "instruments.toml").read_text() == "# mine\n"


def test_the_kubernetes_values_say_what_the_compose_file_says(compose: dict[str, Any]) -> None:
    from airflow.configuration import conf

    known, environment = airflow_options(), compose["services"]["worker"]["environment"]
    for section, options in VALUES["config"].items():
        for option, value in options.items():
            assert option in known[section], option
            told = environment.get(f"AIRFLOW__{section}__{option}".upper())
            # what the Compose file leaves to Airflow, the chart would set otherwise
            assert (told or conf.get_default_value(section, option)) == str(value), option
    own = [entry["name"] for entry in VALUES["env"] if entry["name"].startswith("MARKETLAKE_")]
    assert set(own) <= names_in_the_code()
    built = compose["services"]["worker"]["image"].partition(":")[2]
    assert VALUES["defaultAirflowTag"] == built
    lock = (PROJECT / "requirements-celery.lock").read_text()
    assert f"apache-airflow=={VALUES['airflowVersion']} " in lock
    assert (VALUES["uid"], VALUES["gid"]) == (50000, 0)
    assert yaml.safe_load(VALUES["extraEnvFrom"]) == [{"secretRef": {"name": "marketlake-environment"}}]
    assert not re.search(
        r"password: *\S|://[^ ]*:[^ ]*@", (PROJECT / "deploy" / "kubernetes-values.yaml").read_text()
    )


def test_the_kubernetes_values_ask_for_nothing_that_the_image_has_not() -> None:
    """The chart's defaults are for Airflow's own image: its login and user, its script for old logs."""
    lock = (PROJECT / "requirements-celery.lock").read_text()
    assert not re.search(r"^apache-airflow-providers-(fab|cncf-kubernetes)", lock, re.MULTILINE)
    assert VALUES["executor"] == "CeleryExecutor"
    assert not VALUES["createUserJob"]["enabled"]
    for part in ("workers", "scheduler", "dagProcessor", "triggerer"):
        assert not VALUES[part]["logGroomerSidecar"]["enabled"], part


def test_the_kubernetes_page_makes_every_secret_that_the_values_name() -> None:
    values = (PROJECT / "deploy" / "kubernetes-values.yaml").read_text()
    page = (PROJECT / "docs" / "kubernetes.md").read_text()
    named = set(re.findall(r"(?:SecretName|name): (marketlake-\S+)", values))
    assert named == set(re.findall(r"create (?:secret generic|configmap) (\S+)", page))
