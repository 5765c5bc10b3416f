"""An S3 server on loopback for all tests, and a bucket for each test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from itertools import count
from pathlib import Path
from unittest import mock

import boto3
import duckdb
import pytest
from botocore import endpoint, loaders, session

from ...trouble.lakes import full_lake
from .world import ROOT, Bucket, environment

_number = count(1)


@pytest.fixture(scope="session", autouse=True)
def httpfs() -> None:
    """The extension comes as a package of its own, of one version of DuckDB."""
    packaged = version("duckdb-extension-httpfs")
    if packaged != duckdb.__version__:
        pytest.skip(f"the packaged httpfs is for duckdb {packaged}, not {duckdb.__version__}")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of the S3 server."""
    program = [sys.executable, "-W", "ignore", "-m", "tests.store.s3.server"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=ROOT) as running:
        assert running.stdout is not None
        yield f"http://127.0.0.1:{running.stdout.readline().strip()}"
        running.kill()


@pytest.fixture(scope="session")
def descriptions() -> loaders.Loader:
    """boto's description files of S3: the same for every machine, and a second to load."""
    return loaders.create_loader()


@pytest.fixture
def machine(
    server: str, descriptions: loaders.Loader, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The environment of a machine that is set up for the store, without anything of the real
    one."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MARKETLAKE_")):
            monkeypatch.delenv(name)
    for name, value in environment(server, tmp_path).items():
        monkeypatch.setenv(name, value)
    # boto caches its first result
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(session, "create_loader", lambda data_path: descriptions)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(endpoint.time, "sleep", lambda seconds: None)


@pytest.fixture
def bucket(machine: None, tmp_path: Path) -> Bucket:
    """A new bucket, and machines with a copy of its lake."""
    made = Bucket(f"bucket-{next(_number)}", tmp_path)
    made.replace_all({})
    return made


@pytest.fixture(scope="session")
def full_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a lake in a folder in which every table has rows."""
    with mock.patch("os.fsync"):
        return full_lake(tmp_path_factory.mktemp("full") / "home")


@pytest.fixture
def full_bucket(bucket: Bucket, full_home: Path) -> Bucket:
    """The same lake, copied into a bucket."""
    data = full_home / "data"
    files = (path for path in data.rglob("*") if path.is_file() and not path.name.startswith("."))
    bucket.replace_all({path.relative_to(data).as_posix(): path.read_bytes() for path in files})
    return bucket
