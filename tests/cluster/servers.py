"""Postgres and Redis on loopback, each with a random password."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from .processes import Processes


@dataclass(frozen=True)
class Server:
    """Port and password of a server."""

    port: int
    password: str


def programs() -> list[str]:
    """The programs missing on this machine: `postgres`, `redis-server`."""
    return [name for name in ("postgres", "redis-server") if program(name) is None]


def program(name: str) -> str | None:
    """The path of a program; Debian keeps those of Postgres off PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, reversed(folders))]))


def start_redis(processes: Processes, port: int, name: str = "redis") -> Server:
    """Start Redis without persistence."""
    server = Server(port, secrets.token_urlsafe(24))
    settings = [f"requirepass {server.password}", "bind 127.0.0.1", f"port {port}", 'save ""']
    processes.start(name, [str(program("redis-server")), "-"], stdin_text="\n".join(settings) + "\n")
    processes.until(lambda: listens(port), "answer of Redis", 20, 0.05)
    return server


def start_postgres(processes: Processes, port: int) -> Server:
    """Start a new database cluster without durability."""
    server, data = Server(port, secrets.token_urlsafe(24)), processes.folder / "postgres"
    password_file = processes.folder / "postgres-password"
    password_file.write_text(server.password)
    options = [
        "--username=airflow",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-sync",
    ]
    processes.run("initdb", [str(program("initdb")), f"--pgdata={data}", *options])
    password_file.unlink()
    listen = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
    command = [str(program("postgres")), "-D", str(data), "-p", str(port), *listen]
    processes.start("postgres", command)
    processes.until(lambda: listens(port), "answer of Postgres", 30, 0.05)
    return server


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
