"""A store that speaks S3 on loopback, for all tests; a bucket for each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import boto3
import pytest
from botocore import endpoint

from .world import ROOT, Bucket, environment

_number = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Its address."""
    program = [sys.executable, "-W", "ignore", "-m", "tests.s3.server"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=ROOT) as running:
        assert running.stdout is not None
        yield f"http://127.0.0.1:{running.stdout.readline().strip()}"
        running.kill()


@pytest.fixture
def machine(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment of a machine that is set up for the store; nothing of the real one is left."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MARKETLAKE_")):
            monkeypatch.delenv(name)
    for name, value in environment(server, tmp_path).items():
        monkeypatch.setenv(name, value)
    # boto keeps what it once found
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(endpoint.time, "sleep", lambda seconds: None)


@pytest.fixture
def bucket(machine: None, tmp_path: Path) -> Bucket:
    """A new bucket, and machines that have a copy of its lake."""
    name = f"bucket-{next(_number)}"
    boto3.client("s3").create_bucket(Bucket=name)
    return Bucket(name, tmp_path)
