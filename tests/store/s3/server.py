"""Run as a program: moto's S3 on a free loopback port, which it prints. It handles one request at a
time.

So a condition and its write are atomic, as in a real store; moto's threads would check a condition
concurrently. `/-/BUCKET` is only for the tests: GET returns all objects, PUT sets them and creates
a missing bucket.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from .world import ADMIN

_moto = create_backend_app("s3")


class Quiet(WSGIRequestHandler):
    """Ignores connections that end in the middle of a request."""

    def log_request(self, *_: object) -> None:
        """Log nothing."""


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if not path.startswith(ADMIN):
        return _moto(environ, start)
    bucket = path.removeprefix(ADMIN)
    if environ["REQUEST_METHOD"] == "PUT":
        _replace_all(bucket, pickle.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
    start("200 OK", [("Content-Type", "application/octet-stream")])
    return [pickle.dumps(_objects(bucket))]


def _objects(bucket: str) -> dict[str, bytes]:
    keys = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[bucket].keys
    return {name: key.value for name, key in keys.items()}


def _replace_all(bucket: str, expected: dict[str, bytes]) -> None:
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    if bucket not in backend.buckets:
        backend.create_bucket(bucket, "us-east-1")
    there = _objects(bucket)
    for name in there.keys() - expected.keys():
        backend.delete_object(bucket, name)
    for name, content in expected.items():
        if there.get(name) != content:
            backend.put_object(bucket, name, content)


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, application, threaded=False, request_handler=Quiet)
    print(server.port, flush=True)  # noqa: T201
    server.serve_forever()
