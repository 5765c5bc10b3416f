"""A bucket as an administrator sees it, and any number of machines, each with its own copy."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketlake.model.location import Address
from marketlake.model.settings import Settings, load_settings

ROOT = Path(__file__).parents[3]
SECRET = "wJalrXUtnFEMI-do-not-tell"
PREFIX = "some/lake"
ADMIN = "/-/"


def environment(server: str, home: Path) -> dict[str, str]:
    """The environment of a machine that is set up for the store."""
    return {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(home / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "no-credentials"),
        "HOME": str(home),
    }


@dataclass(frozen=True)
class Bucket:
    """The bucket of a lake: objects by path."""

    name: str
    folder: Path

    @property
    def url(self) -> str:
        return f"s3://{self.name}/{PREFIX}"

    def copy(self, machine: str = "here") -> Path:
        """The folder of a machine's copy."""
        return Address(self.name, PREFIX).folder(self.folder / machine)

    def settings(self, home: Path, now: str, machine: str = "here") -> Settings:
        """Settings of a home whose lake is in the bucket."""
        environ = {"MARKETLAKE_CACHE": str(self.folder / machine)}
        return load_settings(home=home, now=now, lake=self.url, environ=environ)

    def read(self) -> dict[str, bytes]:
        """All objects."""
        objects: dict[str, bytes] = pickle.loads(self._send())
        assert all(key.startswith(f"{PREFIX}/") for key in objects)
        return {key.removeprefix(f"{PREFIX}/"): content for key, content in objects.items()}

    def replace_all(self, expected: Mapping[str, bytes]) -> None:
        """Replace all objects."""
        self._send(pickle.dumps({f"{PREFIX}/{path}": content for path, content in expected.items()}))

    def put(self, path: str, content: bytes) -> None:
        self.replace_all(self.read() | {path: content})

    def delete(self, path: str) -> None:
        self.replace_all({name: content for name, content in self.read().items() if name != path})

    def _send(self, content: bytes | None = None) -> bytes:
        address = f"{os.environ['AWS_ENDPOINT_URL']}{ADMIN}{self.name}"
        request = urllib.request.Request(address, content, method="PUT" if content else "GET")
        with urllib.request.urlopen(request) as answer:
            return bytes(answer.read())


def stored(objects: Mapping[str, bytes], *tables: str) -> dict[str, bytes]:
    """The files of some tables."""
    return {path: content for path, content in objects.items() if path.split("/")[0] in tables}


def unlike_manifest(objects: Mapping[str, bytes]) -> list[str]:
    """Files that differ from the manifest, and files that it does not list."""
    named = json.loads(objects["manifest.json"])["files"]
    wrong = [
        path
        for path, entry in named.items()
        if hashlib.sha256(objects.get(path, b"?")).hexdigest() != entry["sha256"]
    ]
    other = {path for path in objects if path.endswith(".parquet") and not path.startswith((".", "raw/"))}
    return wrong + sorted(other - named.keys())


@contextmanager
def each_request(act: Any) -> Iterator[None]:
    """Call `act(method, path, send)` for every request of boto and return its result as the
    response."""
    from botocore.httpsession import URLLib3Session

    real = URLLib3Session.send

    def send(self: URLLib3Session, request: Any) -> Any:
        return act(request.method, request.url, lambda: real(self, request))

    URLLib3Session.send = send
    try:
        yield
    finally:
        URLLib3Session.send = real
