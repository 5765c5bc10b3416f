"""Run as a program: work on lakes in buckets is killed at its PUTs and DELETEs. Prints the number
of kills, one per line.

The kill is before a request is sent, or after it was executed and before the response arrives. The
next run is on the same machine or another one, in turn.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from itertools import count, cycle
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
import exchange_calendars  # noqa: F401 - what every child needs is loaded once
import pandas  # noqa: F401
import pyarrow.dataset  # noqa: F401

from marketlake.ingest.build import build
from marketlake.ingest.run import ingest
from marketlake.model.schema import MARTS

from ...campaign import kill
from ...campaign_size import campaign
from ...ingest import homes
from .world import Bucket, each_request, environment, stored, unlike_manifest

FIRST, SECOND = "2024-01-05T12:00Z", "2024-01-08T12:00Z"
STEPS = {"ingest": 7, "build": 17}
"""The suite kills at every seventh request, and so on; a campaign at each."""


def load(bucket: Bucket, home: Path, machine: str) -> None:
    ingest(bucket.settings(home, SECOND, machine))


def publish(bucket: Bucket, home: Path, machine: str) -> None:
    build(bucket.settings(home, SECOND, machine))


def prepare(bucket: Bucket, home: Path, kind: str) -> None:
    """Prepare the lake before the work; machine `here` has a copy."""
    bucket.replace_all({})
    homes.serve_rows(home, "COIN", range(10, 22))
    ingest(bucket.settings(home, FIRST))
    homes.serve_rows(home, "COIN", range(10, 26), d20231231=16.5, d20240102=18.5)
    if kind == "build":
        build(bucket.settings(home, FIRST))
        ingest(bucket.settings(home, SECOND))


def killed_at(number: int, work: Callable[[], None]) -> bool:
    """Kill the work at its `number`th change of the bucket; False when it finished before."""

    def work_until_killed() -> None:
        changes, counting = count(1), Lock()

        def act(method: str, url: str, send: Callable[[], Any]) -> Any:
            with counting:
                own_machine = method in {"PUT", "DELETE"} and next(changes) == number
            if own_machine and number % 2:
                os.killpg(os.getpid(), signal.SIGKILL)
            answer = send()
            if own_machine:
                os.killpg(os.getpid(), signal.SIGKILL)
            return answer

        with each_request(act):
            work()

    return bool(kill._forked(work_until_killed, lambda child: None))


def main(folder: Path) -> None:
    os.fsync = lambda descriptor: None  # a killed process loses no written data
    os.environ.update(environment(os.environ["SERVER"], folder))
    boto3.client("s3")  # and load its description files
    for kind, work in {"ingest": load, "build": publish}.items():
        print(kills(folder / kind, kind, work))  # noqa: T201


def kills(folder: Path, kind: str, work: Callable[[Bucket, Path, str], None]) -> int:
    """Kill the work at every change; returns the number of kills."""
    bucket, home = Bucket(f"killed-{kind}", folder), homes.make_home(folder / "home", {"COIN": "crypto"})
    kill.in_child(lambda: prepare(bucket, home, kind))
    before, copies = bucket.read(), folder / "copies"
    shutil.copytree(folder / "here", copies)
    kill.in_child(lambda: work(bucket, home, "here"))
    expected, done = stored(bucket.read(), "bar", "revision", *MARTS), 0
    machines = cycle(["here", "there"])
    for number in count(1, 1 if campaign() else STEPS[kind]):
        bucket.replace_all(before)
        shutil.rmtree(folder / "here")
        shutil.copytree(copies, folder / "here")
        if not killed_at(number, lambda: work(bucket, home, "here")):
            break
        done += 1
        machine = next(machines)
        kill.in_child(lambda machine=machine: work(bucket, home, machine))
        objects = bucket.read()
        assert stored(objects, "bar", "revision", *MARTS) == expected, (kind, number)
        assert unlike_manifest(objects) == [], (kind, number)
        assert not any(path.startswith(".staged/") for path in objects), (kind, number)
    return done


if __name__ == "__main__":
    main(Path(sys.argv[1]))
