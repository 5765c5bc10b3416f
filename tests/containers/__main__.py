"""Build the image, deploy docker-compose.yml on the simulated market, and treat it as an operator would.

    python -m tests.containers

`make container-test` starts it. Skipped where no Docker runs and none can be started; with
MARKETLAKE_CONTAINERS=required that is a failure. What was downloaded and built stays in
~/.cache/marketlake/containers, for the next run.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from filelock import FileLock
from tests.cluster.processes import free_ports

from .deployment import IMAGE, Deployment, copy_checkout, until
from .engine import NEXT_PYTHON, ContainerError, Docker, UnavailableError, engine

INSTRUMENTS = 40
_REBUILT_BYTES = 30_000_000
_STATS = "{{.Name}}: {{.MemUsage}}, {{.PIDs}} processes"
_QUICK = """
command -v make >/dev/null || { apt-get update -qq && apt-get install -y -qq make >/dev/null; }
make quick
"""


def main() -> int:
    """0 if all is well or nothing could be tried, otherwise 1."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    work = cache / "marketlake" / "containers"
    work.mkdir(parents=True, exist_ok=True)
    # an end from outside also takes everything down
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with FileLock(work / "lock"), engine(work) as docker:
            deployed(docker, work)
            with phase("make quick on another Python"):
                quick(docker, work)
        check_nothing_is_left(work)
    except UnavailableError as error:
        sys.stderr.write(f"== SKIPPED: the container test: {error}\n")
        return 1 if os.environ.get("MARKETLAKE_CONTAINERS") == "required" else 0
    except (ContainerError, requests.RequestException) as error:
        sys.stderr.write(f"container test: {error}\n")
        return 1
    say("the container test passed")
    return 0


def deployed(docker: Docker, work: Path) -> None:
    """The life of a deployment; its logs are printed if something goes wrong."""
    deployment = Deployment(docker, work / "checkout", free_ports(1)[0])
    with phase("prepare"):
        deployment.prepare()
    try:
        with phase("build"):
            deployment.compose("build")
        with phase("build again after a change of the code"):
            check_layers(deployment)
        check_image(deployment)
        live(deployment)
        with phase("secrets"):
            check_secrets(deployment)
    except (ContainerError, requests.RequestException):
        sys.stderr.write(deployment.compose("logs", "--no-color", "--tail", "30"))
        raise
    finally:
        with phase("remove"):
            deployment.remove()


def live(deployment: Deployment) -> None:
    """From the first start to the restored backup."""
    with phase("start"):
        deployment.compose("up", "--detach")
    check_init(deployment)
    with phase("log in"):
        _ = deployment.api
    with phase("healthy"):
        until(deployment.healthy, "all containers are healthy", 300)
    with phase("first runs"):
        until(lambda: green(deployment), "every DAG is green", 900)
    stored = check_lake(deployment)
    check_containers(deployment)
    check_login(deployment)
    for line in deployment.docker("stats", "--no-stream", "--format", _STATS).splitlines():
        say(line)
    with phase("kill the worker"):
        killed(deployment)
    with phase("stop and start everything"):
        stopped(deployment)
    if (now := check_lake(deployment)) != stored:
        raise ContainerError(f"before the kill and the stop the lake had {stored}, now {now}")
    with phase("back up"):
        runs = len(deployment.api.tasks())
        deployment.documented("operate.md", "Back up")
    with phase("restore"):
        deployment.documented("operate.md", "Restore")
        del deployment.__dict__["api"]
        restored = check_lake(deployment), len(deployment.api.tasks())
    if restored[0] != stored or restored[1] < runs:
        raise ContainerError(f"restored {restored} of {(stored, runs)}")


def check_layers(deployment: Deployment) -> None:
    """A change of the code replaces one small layer, not the packages."""

    def layers() -> list[str]:
        found: list[str] = json.loads(deployment.docker("image", "inspect", IMAGE))[0]["RootFS"]["Layers"]
        return found

    before = layers()
    source = deployment.folder / "src" / "marketlake" / "__init__.py"
    text = source.read_text()
    source.write_text(text + "# changed\n")
    deployment.compose("build")
    replaced = set(layers()) - set(before)
    source.write_text(text)
    deployment.compose("build")
    history = deployment.docker("history", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", IMAGE)
    sizes = {line.split()[2]: int(line.split()[0]) for line in history.splitlines() if " COPY " in line}
    if len(replaced) != 1 or sizes["/opt/own"] > _REBUILT_BYTES:
        raise ContainerError(f"a change of one file replaces {len(replaced)} layers, of {sizes} bytes")
    total = sum(int(line.split()[0]) for line in history.splitlines())
    say(f"image {total:,} bytes, packages {sizes['/opt/venv']:,}, own code {sizes['/opt/own']:,}")


def check_image(deployment: Deployment) -> None:
    """The image works without a network, for any user of group 0, and cannot install anything."""
    alone = ("run", "--rm", "--network", "none", "--read-only", "--user", "1234567:0", IMAGE)
    deployment.docker(*alone, "marketlake", "--help")
    deployment.docker(*alone, "python", "-c", "import importlib.util as i; assert not i.find_spec('pip')")


def check_init(deployment: Deployment) -> None:
    """The first `init` says what it does in a page, not a line for each permission."""
    lines = deployment.compose("logs", "--no-color", "--no-log-prefix", "init").splitlines()
    if len(lines) > 60:
        raise ContainerError(f"init printed {len(lines)} lines, such as {lines[len(lines) // 2]}")


def green(deployment: Deployment) -> bool:
    """Whether the latest runs of all DAGs but `watch` were successful; `ContainerError` if one failed."""
    runs = {dag: state for dag, state in deployment.api.runs().items() if dag != "watch"}
    if errors := deployment.api.import_errors():
        raise ContainerError(f"a DAG cannot be imported: {errors[0]}")
    if failed := [dag for dag, state in runs.items() if state == "failed"]:
        raise ContainerError(f"red: {', '.join(failed)}")
    wanted = {"ingest_24_7", "ingest_xnys", "ingest_target", "ingest_monthly", "returns"}
    return wanted <= {dag for dag, state in runs.items() if state == "success"}


def check_lake(deployment: Deployment) -> str:
    """The lake is whole and answers; returns how many bars of how many instruments it has."""
    if ", 0 damaged" not in deployment.worker("marketlake", "verify"):
        raise ContainerError("marketlake verify names damaged files")
    deployment.worker("test", "-s", "/lake/report.html")
    query = "SELECT count(*) AS bars, count(DISTINCT instrument_id) AS instruments FROM bar"
    found = deployment.worker("marketlake", "query", "--format", "json", query)
    counted = re.search(r'"instruments": ?(\d+)', found)
    if counted is None or int(counted[1]) != INSTRUMENTS:
        raise ContainerError(f"bars of {INSTRUMENTS} instruments are expected: {found}")
    return found


def check_containers(deployment: Deployment) -> None:
    """Nothing runs as root, with a capability, on a root that can be written, or without limits."""
    for service, one in deployment.containers().items():
        if service == "simulator":
            continue
        host = one["HostConfig"]
        wanted = host["ReadonlyRootfs"], host["CapDrop"] == ["ALL"], (host["PidsLimit"] or 0) > 0
        users = deployment.docker("top", one["Id"], "-eo", "pid,uid").split()[3::2]
        if not all(wanted) or "0" in users:
            raise ContainerError(
                f"{service}: read-only, no capability, limit of processes: {wanted}; {users}"
            )


def check_login(deployment: Deployment) -> None:
    """Guessing passwords is limited, whatever address the guesser claims to have."""
    address, states = f"http://127.0.0.1:{deployment.port}/auth/login/", []
    with requests.Session() as session:
        session.trust_env = False
        for number in range(9):
            found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', session.get(address, timeout=30).text)
            form = {"username": "admin", "password": "guess", "csrf_token": found[1] if found else ""}
            claimed = {"X-Forwarded-For": f"192.0.2.{number}"}
            states.append(session.post(address, data=form, headers=claimed, timeout=30).status_code)
    if 429 not in states:
        raise ContainerError(f"nine wrong passwords were all heard: {states}")


def killed(deployment: Deployment) -> None:
    """Kill every process of the worker during a fetch: it comes back, and the run ends well."""
    run = fetching(deployment)
    try:
        deployment.worker("sh", "-c", "kill -9 -1; sleep 60")
    except ContainerError:
        until(lambda: ended(deployment, run), "the killed run ends", 600)
    if not any(task["try_number"] > 1 for task in tasks(deployment, run)):
        raise ContainerError("the kill interrupted no task")


def stopped(deployment: Deployment) -> None:
    """Stop everything during a fetch, and start it again: no fetch is lost or tried twice."""
    run = fetching(deployment)
    deployment.compose("stop")
    deployment.compose("up", "--detach")
    del deployment.__dict__["api"]
    until(lambda: ended(deployment, run), "the stopped run ends", 600)
    fetches = [task for task in tasks(deployment, run) if task["task_id"].startswith("fetch_")]
    if again := [task["task_id"] for task in fetches if task["try_number"] > 1]:
        raise ContainerError(f"the stop interrupted {', '.join(again)}")


def fetching(deployment: Deployment) -> str:
    """Start a backfill; returns its id when a fetch is running."""
    run: str = deployment.api.trigger("backfill", {"from": "2015-01-01"})

    def running() -> bool:
        return any(
            task["state"] == "running" and task["task_id"].startswith("fetch_")
            for task in tasks(deployment, run)
        )

    until(running, "a fetch of the backfill runs", 120)
    return run


def ended(deployment: Deployment, run: str) -> bool:
    """Whether the backfill has ended; `ContainerError` unless it did so well."""
    state = deployment.api.runs()["backfill"]
    if state == "failed":
        bad = [(t["task_id"], t["state"]) for t in tasks(deployment, run) if t["state"] != "success"]
        raise ContainerError(f"the backfill is red: {bad}")
    return state == "success"


def tasks(deployment: Deployment, run: str) -> list[dict[str, Any]]:
    """The task instances of a run."""
    return [task for task in deployment.api.tasks() if task["dag_run_id"] == run]


def check_secrets(deployment: Deployment) -> None:
    """No secret is printed, logged or in the image."""
    secrets = deployment.secrets
    places = {
        "the containers' output": deployment.compose("logs", "--no-color", "--no-log-prefix"),
        "the tasks' logs": deployment.worker("sh", "-c", "find /opt/airflow/logs -type f -exec cat {} +"),
        "the image's settings": deployment.docker("image", "inspect", IMAGE),
        "the image's history": deployment.docker("history", "--no-trunc", IMAGE),
    }
    for place, text in places.items():
        if shown := [name for name, value in secrets.items() if value in text]:
            raise ContainerError(f"{place} show {', '.join(shown)}")
    words = "\n".join(secrets.values()).encode()
    search = [
        "grep",
        "--recursive",
        "--files-with-matches",
        "--fixed-strings",
        "--file=-",
        "/opt",
        "/etc",
        "/config",
    ]
    inside = ("run", "--rm", "--interactive", "--network", "none", "--user", "0", IMAGE)
    found = deployment.docker(*inside, "sh", "-c", f"{' '.join(search)} || true", stdin=words)
    if found.strip():
        raise ContainerError(f"the image has a secret in {found}")


def quick(docker: Docker, work: Path) -> None:
    """`make quick` of the checkout on another Python than the image's."""
    checkout, cache = work / "quick", work / "packages-cache"
    copy_checkout(checkout)
    cache.mkdir(exist_ok=True)
    mounted = ("--volume", f"{checkout}:/marketlake", "--volume", f"{cache}:/cache")
    output = docker(
        "run",
        "--rm",
        "--network",
        "host",
        *mounted,
        "--env",
        "XDG_CACHE_HOME=/cache",
        "--workdir",
        "/marketlake",
        NEXT_PYTHON,
        "sh",
        "-ec",
        _QUICK,
    )
    say(f"{NEXT_PYTHON}: {output.strip().splitlines()[-1]}")


def check_nothing_is_left(work: Path) -> None:
    """No process or mount of the work folder remains."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    if left := [mount for mount in mounts if mount.startswith(str(work))]:
        raise ContainerError(f"still mounted: {', '.join(left)}")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(work) in command:
            raise ContainerError(f"still running: {process.name} {command[:200]}")


@contextmanager
def phase(what: str) -> Iterator[None]:
    """Say what was done and how long it took."""
    begun = time.monotonic()
    yield
    say(f"{what}: {time.monotonic() - begun:.0f} s")


def say(text: str) -> None:
    """A line of the test's own."""
    sys.stdout.write(f"== {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
