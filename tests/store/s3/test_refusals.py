"""Errors of bucket, key, region, network or provider name the remedy and never a secret."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from marketlake.model.errors import ConfigError, LakeUnreachableError, LakeWriteError, MarketlakeError
from marketlake.model.location import Address, address_of, parse_address, shown
from marketlake.model.settings import load_settings
from marketlake.store.writer import claim, open_manifest

from . import commits
from .world import SECRET, Bucket, each_request

BODY = "<Error><Code>{code}</Code><Message>{secret}</Message><Region>eu-north-1</Region></Error>"


@contextmanager
def answering(status: int, code: str) -> Iterator[str]:
    """A store with the same response to every request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = BODY.format(code=code, secret=SECRET).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_PUT = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def error_text(root: Path, kind: type[MarketlakeError]) -> str:
    with pytest.raises(kind) as wrong:
        open_manifest(root)
    assert SECRET not in f"{wrong.value!r} {wrong.value.__cause__!r}"
    return str(wrong.value)


@pytest.mark.parametrize(
    ("status", "code", "kind", "remedy"),
    [
        (403, "InvalidAccessKeyId", ConfigError, "check AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", ConfigError, "check AWS_ACCESS_KEY_ID"),
        (403, "AccessDenied", ConfigError, "the key needs to list the bucket"),
        (400, "AuthorizationHeaderMalformed", ConfigError, "AWS_DEFAULT_REGION=eu-north-1"),
        (400, "IllegalLocationConstraintException", ConfigError, "set AWS_DEFAULT_REGION"),
        (501, "NotImplemented", ConfigError, "conditional writes"),
        (503, "SlowDown", LakeUnreachableError, "run again"),
        (500, "InternalError", LakeUnreachableError, "run again"),
        (418, "SomethingNew", LakeWriteError, "SomethingNew"),
    ],
)
def test_each_error_has_its_remedy(
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: str,
    kind: type[MarketlakeError],
    remedy: str,
) -> None:
    with answering(status, code) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        text = error_text(bucket.copy(), kind)
    assert f"{bucket.url} at {address}" in text
    assert remedy in text


def test_missing_bucket_is_reported(bucket: Bucket) -> None:
    text = error_text(Address("no-such-bucket").folder(bucket.folder), ConfigError)
    assert "there is no bucket no-such-bucket; create it" in text


def test_unreachable_endpoint_is_reported(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "check the network and AWS_ENDPOINT_URL" in error_text(bucket.copy(), LakeUnreachableError)


def test_missing_credentials_are_reported(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in error_text(bucket.copy(), ConfigError)
    monkeypatch.setenv("AWS_PROFILE", "unheard-of")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    assert "AWS_PROFILE" in error_text(bucket.copy(), ConfigError)


def test_invalid_endpoint_is_reported(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "not an address")
    assert "check AWS_ENDPOINT_URL" in error_text(bucket.copy(), ConfigError)


def test_missing_boto_is_reported(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    assert "pip install '.[s3]'" in error_text(bucket.copy(), ConfigError)


def test_store_that_ignores_conditions_is_rejected(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writers would overwrite each other, so no lake is created."""
    from botocore.httpsession import URLLib3Session

    real: Callable[..., Any] = URLLib3Session.send

    def ignore_conditions(self: URLLib3Session, request: Any) -> Any:
        for name in ("If-Match", "If-None-Match"):
            if name in request.headers:
                del request.headers[name]
        return real(self, request)

    monkeypatch.setattr(URLLib3Session, "send", ignore_conditions)
    with pytest.raises(ConfigError, match="lacks conditional writes"):
        claim(bucket.copy(), "live")
    assert bucket.read() == {}


def test_read_only_key_can_read(bucket: Bucket) -> None:
    commits.first(bucket.copy())

    def read_only(method: str, url: str, send: Callable[[], Any]) -> Any:
        assert method in {"GET", "HEAD"}
        return send()

    with each_request(read_only):
        assert open_manifest(bucket.copy("reader")).rows("bar") == 12


@pytest.mark.parametrize(
    "text",
    [
        "s3://",
        "s3://UPPER/x",
        "s3://ab",
        "s3://bucket/../x",
        "s3://bucket/a//b",
        "s3://bucket/a b",
        "s3://bucket/a~b",
        "s3://bucket/year=2024",
        "s3://bucket/" + "x" * 200,
        "s3://user:secret@bucket/x",
        "gs://bucket/x",
        "https://bucket/x",
    ],
)
def test_invalid_lake_location_is_rejected(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="s3://bucket/prefix"):
        load_settings(home=tmp_path, lake=text, environ={})


def test_address_and_its_copy_map_to_each_other(tmp_path: Path) -> None:
    for text in ("s3://bucket", "s3://a.bucket-1/one/two_2/v1.0"):
        folder = parse_address(text).folder(tmp_path)
        assert str(address_of(folder)) == shown(folder) == text
        assert shown(folder / "bar" / "x") == f"{text}/bar/x"
        # a path loses one slash, and the environment sets another cache
        environ = {"MARKETLAKE_CACHE": str(tmp_path), "MARKETLAKE_LAKE": f"{text}/"}
        assert load_settings(home=tmp_path, environ=environ).lake == folder
        assert load_settings(home=tmp_path, lake=Path(text), environ=environ).lake == folder
    assert (address_of(tmp_path), shown(tmp_path)) == (None, str(tmp_path))


def test_session_uses_the_standard_aws_configuration(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key, region and endpoint may come from AWS's own files."""
    claim(bucket.copy(), "live")
    config, keys = bucket.folder / "config", bucket.folder / "keys"
    config.write_text(
        f"[profile desk]\nregion = eu-west-1\nendpoint_url = {__import__('os').environ['AWS_ENDPOINT_URL']}\n"
    )
    keys.write_text("[desk]\naws_access_key_id = AKIADESK\naws_secret_access_key = desk\n")
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(keys))
    monkeypatch.setenv("AWS_PROFILE", "desk")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    used = []

    def note(method: str, url: str, send: Callable[[], Any]) -> Any:
        used.append(url)
        return send()

    with each_request(note):
        assert open_manifest(bucket.copy("desk")).origin == "live"
    assert used
