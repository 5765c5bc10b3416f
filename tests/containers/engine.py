"""Docker for the test: the one that runs here, or Debian's, unpacked into the work folder and started there.

Debian's has no registry to pull from. The images that the Dockerfile and docker-compose.yml name are
then built from Debian packages, under the same names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
NEXT_PYTHON = "python:3.13-slim-trixie"
"""Another Python than the image's; Debian's own where there is no registry."""
_BASE = "localhost/debian:trixie"
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_PACKAGES = ("docker.io", "docker-cli", "docker-compose", "docker-buildx", "containerd", "tini")
_PROGRAMS = {
    "dockerd": "usr/sbin/dockerd",
    "docker-proxy": "usr/sbin/docker-proxy",
    "containerd": "usr/bin/containerd",
    "containerd-shim-runc-v2": "usr/bin/containerd-shim-runc-v2",
    "docker": "usr/bin/docker",
    "docker-init": "usr/bin/tini-static",
}
_STARTS_WITHIN_S = 60.0
_LONGEST_S = 900
"""For one command, such as a build."""


class UnavailableError(Exception):
    """No Docker runs here and none can be started; the message says why."""


class ContainerError(Exception):
    """A container or a command did not do what it should; the message names it and shows its output."""


@dataclass(frozen=True)
class Docker:
    """The command line of a running Docker."""

    environment: Mapping[str, str]

    def __call__(
        self,
        *arguments: str,
        folder: Path = PROJECT,
        stdin: bytes | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run `docker` with these arguments; its output, errors included."""
        return self.run(["docker", *arguments], folder, stdin, environment)

    def run(
        self,
        command: Sequence[str],
        folder: Path = PROJECT,
        stdin: bytes | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run any command in the environment of this Docker."""
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**self.environment, **(environment or {})},
                **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_LONGEST_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ContainerError(f"{' '.join(command)[:300]} took more than {_LONGEST_S} s") from error
        output = done.stdout.decode("utf-8", "replace")
        if done.returncode:
            raise ContainerError(f"{' '.join(command)[:300]} ended with {done.returncode}\n{output[-4000:]}")
        return output


@contextmanager
def engine(work: Path) -> Iterator[Docker]:
    """The Docker that runs here, or one of the work folder's own that ends with the context.

    `UnavailableError` if there is neither.
    """
    running = Docker(dict(os.environ))
    if _answers(running):
        yield running
        return
    _require("mmdebstrap", "runc", "iptables", "apt-get", "dpkg", "git")
    _unpack(work)
    own = Docker(
        {
            **os.environ,
            "PATH": f"{work / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "DOCKER_HOST": f"unix://{work / 'docker.sock'}",
            "DOCKER_CONFIG": str(work / "config"),
        }
    )
    with _daemon(work, own):
        try:
            _stand_ins(work, own)
        except ContainerError as error:
            raise UnavailableError(f"Docker starts, but no container can be built here: {error}") from None
        yield own


def _answers(docker: Docker) -> bool:
    try:
        docker("info", "--format", "{{.ServerVersion}}")
        docker("compose", "version")
    except (ContainerError, FileNotFoundError):
        return False
    return True


def _require(*programs: str) -> None:
    if os.geteuid() != 0:
        raise UnavailableError("no Docker runs here, and only root can start one")
    if missing := [name for name in programs if not shutil.which(name)]:
        raise UnavailableError(f"no Docker runs here, and to start one there is no {', '.join(missing)}")


def _mirror() -> str:
    """Where this machine gets Debian's packages."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    if not found:
        raise UnavailableError("no Docker runs here, and apt knows no Debian mirror to get one from")
    return found[0]


def _unpack(work: Path) -> None:
    """Unpack Docker from packages, without installing them."""
    if (work / "bin" / "docker").exists():
        return
    apt, packages, root = work / "apt", work / "packages", work / "root"
    for folder in (apt / "lists" / "partial", apt / "cache" / "archives" / "partial", packages, root):
        folder.mkdir(parents=True, exist_ok=True)
    (apt / "sources.list").write_text(f"deb [signed-by={_KEYRING}] {_mirror()} trixie main\n")
    (apt / "status").touch()
    settings = {
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt / "cache",
        "APT::Sandbox::User": "root",
    }
    (apt / "apt.conf").write_text("".join(f'{name} "{value}";\n' for name, value in settings.items()))
    tools = Docker({**os.environ, "APT_CONFIG": str(apt / "apt.conf")})
    try:
        tools.run(["apt-get", "update", "-qq"])
        tools.run(["apt-get", "download", "-qq", *_PACKAGES], packages)
    except ContainerError as error:
        raise UnavailableError(f"no Docker runs here, and Debian's cannot be downloaded: {error}") from None
    for package in sorted(packages.glob("*.deb")):
        tools.run(["dpkg", "--extract", str(package), str(root)])
    plugins = work / "config" / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    for plugin in (root / "usr" / "libexec" / "docker" / "cli-plugins").iterdir():
        _link(plugins / plugin.name, plugin)
    (work / "bin").mkdir(exist_ok=True)
    for name, path in _PROGRAMS.items():
        _link(work / "bin" / name, root / path)


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target)


@contextmanager
def _daemon(work: Path, docker: Docker) -> Iterator[None]:
    """Docker without a bridge, address translation or packet filter of its own: nothing of it is left."""
    settings = {
        "hosts": [docker.environment["DOCKER_HOST"]],
        "data-root": str(work / "data"),
        "exec-root": str(work / "exec"),
        "pidfile": str(work / "docker.pid"),
        "runtimes": {"container-test": {"path": str(HERE / "runc")}},
        "default-runtime": "container-test",
        "bridge": "none",
        "iptables": False,
        "ip6tables": False,
        "ip-forward": False,
        "default-address-pools": [{"base": "172.31.224.0/22", "size": 24}],
    }
    (work / "daemon.json").write_text(json.dumps(settings))
    log = work / "dockerd.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["dockerd", "--config-file", str(work / "daemon.json")],
            env=docker.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while not _answers(docker):
            if process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
                raise UnavailableError(f"no Docker runs here, and Debian's does not start:\n{tail}")
            time.sleep(0.5)
        with _unfiltered():
            yield
    finally:
        process.terminate()
        process.wait()
        # the network of containers that share the machine's stays mounted
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in reversed([mount for mount in mounts if mount.startswith(f"{work}/")]):
            subprocess.run(["umount", mount], check=False)


@contextmanager
def _unfiltered() -> Iterator[None]:
    """Let packets between containers pass a packet filter that this machine may have."""
    switch = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    before = switch.read_text() if switch.exists() else ""
    if before:
        switch.write_text("0")
    try:
        yield
    finally:
        if before:
            switch.write_text(before)


def _stand_ins(work: Path, docker: Docker) -> None:
    """Build the images that a registry would have, from Debian packages."""
    if not docker("image", "ls", "--quiet", _BASE).strip():
        _base(work, docker)
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
    image = re.findall(r"^FROM (\S+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)[0]
    named = {"python": (image, NEXT_PYTHON), **{n: (compose[n]["image"],) for n in ("postgres", "redis")}}
    for folder, names in named.items():
        tags = [word for name in names for word in ("--tag", name)]
        docker("build", "--quiet", "--network", "host", *tags, str(HERE / folder))


def _base(work: Path, docker: Docker) -> None:
    """Debian with Python, this machine's certificates and its settings of pip."""
    packages = "python3,python3-venv,python3-pip,ca-certificates,passwd,make"
    kept = [path for path in ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf") if Path(path).exists()]
    hooks = [f"--customize-hook=copy-in {path} {Path(path).parent}" for path in kept]
    archive = work / "base.tar"
    source = f"deb [signed-by={_KEYRING}] {_mirror()} trixie main"
    bootstrap = ["mmdebstrap", "--quiet", "--variant=apt", f"--include={packages}", *hooks]
    try:
        docker.run([*bootstrap, "trixie", str(archive), source])
    except ContainerError as error:
        raise UnavailableError(f"no Docker runs here, and a base image cannot be made: {error}") from None
    docker("import", "--change", "ENV LANG=C.UTF-8", str(archive), _BASE)
    archive.unlink()
