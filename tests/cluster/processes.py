"""Unprivileged processes on loopback, each in its own process group."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACCOUNT = "nobody"
"""Who the servers run as when root starts them: Postgres refuses root, the others need none of its
rights."""


class ClusterError(Exception):
    """An expected state was not reached; the message names the component and shows its log."""


@dataclass
class Processes:
    """Processes started in `folder`, which their account owns; each has a log."""

    folder: Path
    account: str | None
    """None is whoever runs this."""
    keep: bool = False
    """Whether somebody will want to read the logs."""
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        stdin_text: str = "",
        as_self: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start it; `stdin_text` is sent to standard input, which the process list does not
        show."""
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                command,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **(environment or {})},
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_as(None if as_self else self.account),
            )
        if process.stdin:
            process.stdin.write(stdin_text.encode())
            process.stdin.close()
        self.running[name] = process
        return process

    def run(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        as_self: bool = False,
    ) -> None:
        """Run it to its end, which must be successful."""
        code = self.start(name, command, environment, as_self=as_self).wait()
        del self.running[name]
        if code:
            raise ClusterError(f"{name} ended with {code}\n{self.tail(name)}")

    def until(self, condition: Callable[[], Any], what: str, within_s: float, pause_s: float = 0.2) -> Any:
        """Poll until the condition is true; all started processes must keep running."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if answer := condition():
                return answer
            for name, process in self.running.items():
                if process.poll() is not None:
                    raise ClusterError(f"{name} ended with {process.returncode}\n{self.tail(name)}")
            time.sleep(pause_s)
        raise ClusterError(f"no {what} within {within_s:.0f} s; the logs are in {self.folder}")

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def tail(self, name: str) -> str:
        return "\n".join(self.log(name).read_text(errors="replace").splitlines()[-25:])

    def may_run(self, program: Path) -> bool:
        """Whether the account can execute the program, which may be in a private folder."""
        try:
            done = subprocess.run(
                [program, "--version"], capture_output=True, check=False, **_as(self.account)
            )
        except OSError:
            return False
        return done.returncode == 0

    def kill_tree(self, name: str) -> None:
        """Kill it with its children (kill -9), as in a power cut."""
        process = self.running.pop(name)
        _kill([process.pid, *descendants(process.pid)])
        process.wait()

    def stop(self) -> None:
        """Stop everything, the last started first."""
        for name in reversed(list(self.running)):
            process = self.running.pop(name)
            family = [process.pid, *descendants(process.pid)]
            process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=8)
            _kill(family)
            process.wait()


@contextmanager
def unprivileged() -> Iterator[Processes]:
    """Processes with a folder that is removed at the end unless something failed."""
    account = ACCOUNT if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="marketlake-cluster-"))
    if account:
        shutil.chown(folder, account)
    processes = Processes(folder, account)
    try:
        yield processes
    finally:
        processes.stop()
    if not processes.keep:
        shutil.rmtree(folder)


def descendants(pid: int) -> list[int]:
    """All descendants, in any process group or session."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    descendant_pids, waiting = list[int](), [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        descendant_pids += below
        waiting += below
    return descendant_pids


def free_ports(count: int) -> list[int]:
    """Free ports."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _as(account: str | None) -> dict[str, Any]:
    if account is None or os.geteuid() != 0:
        return {}
    who = pwd.getpwnam(account)
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
