"""Run as a program: the cost of a bucket compared with a folder, in requests and seconds, on the
sample market.

The store is the tests' S3 server on loopback; each request also takes 20 ms, like one to a nearby
store. Commands are timed as processes, alternating folder and bucket.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

from marketlake.ingest.build import build
from marketlake.ingest.run import ingest
from marketlake.model.settings import Settings, load_settings, parse_instant
from marketlake.model.toml_file import shipped
from marketlake.simulator.sample.build import FOLDER, sample_market
from marketlake.simulator.server import serve
from marketlake.store.bucket.copy import refresh
from marketlake.store.verify import verify

from .world import ROOT, Bucket, each_request, environment

FIRST, NEXT = "2025-12-30T12:00Z", "2026-01-02T12:00Z"
LATENCY_S, ROUNDS = 0.02, 11
Work = Callable[[Settings], object]


def steps(home: Path, settings: Callable[[str, str], Settings]) -> dict[str, Callable[[], object]]:
    """The measured steps; `settings` takes a time and a machine."""
    return {
        "first load": lambda: ingest(settings(FIRST, "here")),
        "build": lambda: build(settings(FIRST, "here")),
        "daily run": lambda: ingest(settings(NEXT, "here")),
        "build of the day": lambda: build(settings(NEXT, "here")),
        "reader, first time": lambda: refresh(settings(NEXT, "new").lake),
        "reader, nothing new": lambda: refresh(settings(NEXT, "new").lake),
        "daily run, nothing new": lambda: ingest(settings(NEXT, "here")),
        "verify": lambda: verify(settings(NEXT, "here").lake),
    }


def timed(work: Callable[[], object], latency: float) -> tuple[float, int]:
    """Seconds and number of requests."""
    seen = []

    def slow(method: str, url: str, send: Callable[[], Any]) -> Any:
        seen.append(method)
        time.sleep(latency)
        return send()

    started = time.perf_counter()
    with each_request(slow):
        work()
    return time.perf_counter() - started, len(seen)


def command(home: Path, *arguments: str, **environ: str) -> float:
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "marketlake", *arguments, "--home", str(home)],
        env={**os.environ, **environ},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def main(folder: Path, server: str) -> None:
    os.environ.update(environment(server, folder))
    home, bucket = folder / "home", Bucket("measured", folder)
    home.mkdir()
    (home / "instruments.toml").write_text((FOLDER / "instruments.toml").read_text("utf-8"))
    (home / "claims.toml").write_text(shipped("claims.toml"))
    boto3.client("s3").create_bucket(Bucket=bucket.name)
    with serve(sample_market(), now=parse_instant(NEXT)) as simulator:

        def place(lake: str) -> Callable[[str, str], Settings]:
            return lambda now, machine: load_settings(
                home=home,
                now=now,
                lake=lake,
                source_url=simulator.url,
                environ={"MARKETLAKE_CACHE": str(folder / machine)},
            )

        local = {name: timed(work, 0)[0] for name, work in steps(home, place(str(home / "data"))).items()}
        print("| | folder | bucket | requests | bucket, 20 ms a request |\n|---|---|---|---|---|")  # noqa: T201
        fast = {name: timed(work, 0) for name, work in steps(home, place(bucket.url)).items()}
        content = bucket.read()
        bucket.replace_all({})
        for machine in ("here", "new"):
            shutil.rmtree(folder / machine)
        slow = {name: timed(work, LATENCY_S)[0] for name, work in steps(home, place(bucket.url)).items()}
        for name in local:
            seconds, requests = fast[name]
            row = f"| {name} | {local[name]:.2f} s | {seconds:.2f} s | {requests} | {slow[name]:.2f} s |"
            print(row)  # noqa: T201
    size = sum(map(len, content.values())) / 1e6
    print(f"{len(content)} objects, {size:.1f} MB")  # noqa: T201
    for query in (["compare", "BTC", "NASDAQ"], ["metrics", "BTC", "--benchmark", "SP500"]):
        pairs = [
            (
                command(home, *query),
                command(home, *query, MARKETLAKE_LAKE=bucket.url, MARKETLAKE_CACHE=str(folder / "here")),
            )
            for _ in range(ROUNDS)
        ]
        here, there = (statistics.median(each) for each in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        print(f"{' '.join(query)}: folder {here:.2f} s, bucket {there:.2f} s, ratio {ratio:.2f}")  # noqa: T201


if __name__ == "__main__":
    serving = [sys.executable, "-W", "ignore", "-m", "tests.store.s3.server"]
    with (
        tempfile.TemporaryDirectory() as made,
        subprocess.Popen(serving, stdout=subprocess.PIPE, text=True, cwd=ROOT) as running,
    ):
        assert running.stdout is not None
        try:
            main(Path(made), f"http://127.0.0.1:{running.stdout.readline().strip()}")
        finally:
            running.kill()
