"""Read, write, list and delete the objects of a lake, and convert the store's errors."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ...model import layout
from ...model.errors import ConfigError, LakeError, LakeUnreachableError, LakeWriteError, without_secrets
from ...model.location import Address

_KEYS: Final = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "InvalidClientTokenId"}
)
_DENIED: Final = frozenset({"AccessDenied", "403", "Forbidden", "AllAccessDisabled", "AccountProblem"})
_REGION: Final = frozenset(
    {
        "PermanentRedirect",
        "301",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "BadRequest",
        "400",
    }
)
_TRY_AGAIN: Final = "what was stored before is untouched; run again"
_AT_ONCE: Final = 8
"""Maximum number of concurrent requests."""
_TRIES: Final = 4
_NOT_THERE: Final = frozenset({"NoSuchKey", "404"})
_OTHERWISE: Final = frozenset({"PreconditionFailed", "412"})
_MET: Final = "ConditionalRequestConflict"
T = TypeVar("T")
R = TypeVar("R")


class Refused(Exception):  # noqa: N818 - not every refusal is an error
    """The condition of a conditional write was not met."""


def code_of(error: Any) -> str:
    """The store's error code."""
    return str(error.response.get("Error", {}).get("Code", ""))


def explained(error: Exception, where: str, bucket: str) -> LakeError | ConfigError:
    """Convert an error of boto."""
    if hasattr(error, "response"):
        return _answered(code_of(error), _region(error), where, bucket)
    return _unanswered(type(error).__name__, where)


def no_conditions(where: str) -> ConfigError:
    """The error for a store without conditional writes."""
    return ConfigError(
        f"{where}: the store lacks conditional writes, which serialise writers; use one that "
        "has them (docs/object-store.md)"
    )


def _answered(code: str, region: str, where: str, bucket: str) -> LakeError | ConfigError:
    if code == "NoSuchBucket" or (code == "404"):
        return ConfigError(
            f"{where}: there is no bucket {bucket}; create it, or correct MARKETLAKE_LAKE or AWS_ENDPOINT_URL"
        )
    if code in _KEYS:
        return ConfigError(
            f"{where}: the access key was refused ({code}); check AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY or the profile that AWS_PROFILE names"
        )
    if code in _DENIED:
        return ConfigError(
            f"{where}: access is denied ({code}); the key needs to list the bucket and to get, put and "
            "delete objects in it, or to list and get for reading alone"
        )
    if code in _REGION:
        right = f"AWS_DEFAULT_REGION={region}" if region else "AWS_DEFAULT_REGION to the bucket's own"
        return ConfigError(f"{where}: the bucket is not in the region of the request ({code}); set {right}")
    if code in {"NotImplemented", "501"}:
        return no_conditions(where)
    if code in {"SlowDown", "InternalError", "ServiceUnavailable", "500", "503", "RequestTimeout"}:
        return LakeUnreachableError(f"{where}: the store could not answer ({code}); {_TRY_AGAIN}")
    return LakeWriteError(f"{where}: the store refused ({without_secrets(code)[:60]}); {_TRY_AGAIN}")


def _unanswered(kind: str, where: str) -> LakeError | ConfigError:
    if "Credential" in kind or kind in {"ProfileNotFound", "UnauthorizedSSOTokenError", "SSOTokenLoadError"}:
        return ConfigError(
            f"{where}: no usable access key was found ({kind}); set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give the machine a role"
        )
    if "Region" in kind:
        return ConfigError(f"{where}: no usable region ({kind}); set AWS_DEFAULT_REGION")
    if kind in {"ValueError", "InvalidEndpointConfigurationError", "UnknownServiceError", "ConfigParseError"}:
        return ConfigError(
            f"{where}: boto cannot be set up ({kind}); check AWS_ENDPOINT_URL and ~/.aws/config"
        )
    return LakeUnreachableError(
        f"{where}: no answer ({kind}); check the network and AWS_ENDPOINT_URL. {_TRY_AGAIN.capitalize()}"
    )


def _region(error: Any) -> str:
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    found = str(headers.get("x-amz-bucket-region", "")) or str(
        error.response.get("Error", {}).get("Region", "")
    )
    return found if found.replace("-", "").isalnum() else ""


@dataclass(frozen=True)
class Object:
    """The content of a key, and its etag."""

    content: bytes
    etag: str


@dataclass(frozen=True)
class Objects:
    """Reads, writes, lists and deletes below one prefix; paths are the lake's."""

    address: Address
    client: Any

    def get(self, path: str) -> Object | None:
        """The object; None if there is none."""
        with self._requests():
            try:
                answer = self.client.get_object(**self._named(path))
                return Object(answer["Body"].read(), answer["ETag"])
            except self.client.exceptions.ClientError as error:
                if code_of(error) in _NOT_THERE:
                    return None
                raise

    def etag(self, path: str) -> str | None:
        """The object's etag; None if there is none."""
        with self._requests():
            try:
                return str(self.client.head_object(**self._named(path))["ETag"])
            except self.client.exceptions.ClientError as error:
                # a missing bucket looks the same: the caller then calls `get`, which reports it
                if code_of(error) in _NOT_THERE:
                    return None
                raise

    def put(self, path: str, content: bytes) -> None:
        """Write unconditionally."""
        with self._requests():
            self.client.put_object(**self._named(path), Body=content)

    def put_if(self, path: str, content: bytes, etag: str | None) -> str:
        """Write if the object still has this etag, or with None if there is no object.

        Returns the new etag; raises `Refused` otherwise.
        """
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        for _ in range(_TRIES):
            with self._requests():
                try:
                    answer = self.client.put_object(**self._named(path), Body=content, **condition)
                    return str(answer["ETag"])
                except self.client.exceptions.ClientError as error:
                    # two writes of one object conflicted; the store asks for a retry
                    if code_of(error) == _MET:
                        continue
                    if code_of(error) in _OTHERWISE or (etag is not None and code_of(error) in _NOT_THERE):
                        raise Refused(path) from None
                    raise
        raise LakeUnreachableError(f"{self._where()}: too many writers of {path}; run again")

    def assert_conditions(self) -> None:
        """`ConfigError` if the store ignores the condition of a write."""
        path = f"{layout.IN_FLIGHT}probe-{secrets.token_hex(8)}"
        self.put(path, b"")
        try:
            for wrong in (None, '"another"'):
                with suppress(Refused):
                    self.put_if(path, b"", wrong)
                    raise no_conditions(self._where())
        finally:
            self.delete(path)

    def delete(self, path: str, etag: str | None = None) -> None:
        """Delete; if the store supports it, only while the object has this etag."""
        condition = {} if etag is None else {"IfMatch": etag}
        with self._requests():
            try:
                self.client.delete_object(**self._named(path), **condition)
            except self.client.exceptions.ClientError as error:
                if code_of(error) not in _OTHERWISE | _NOT_THERE:
                    raise

    def paths(self, prefix: str) -> list[str]:
        """The lake's paths with this prefix, sorted."""
        start = self.address.key("")
        with self._requests():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.address.bucket, Prefix=self.address.key(prefix)
            )
            return sorted(
                entry["Key"].removeprefix(start) for page in pages for entry in page.get("Contents", ())
            )

    def each(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Run the work for each item concurrently; results keep the order of the items."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            yield from pool.map(work, items)

    def _named(self, path: str) -> Mapping[str, Any]:
        return {"Bucket": self.address.bucket, "Key": self.address.key(path)}

    @contextmanager
    def _requests(self) -> Iterator[None]:
        """Convert boto's errors to errors with a remedy, without boto's text about credentials."""
        import botocore.exceptions

        try:
            yield
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            raise explained(error, self._where(), self.address.bucket) from None

    def _where(self) -> str:
        return f"{self.address} at {without_secrets(self.client.meta.endpoint_url)}"


def open_objects(address: Address) -> Objects:
    """The lake's objects; nothing is requested yet.

    `ConfigError` where boto is missing or cannot be set up.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise ConfigError(f"{address} needs boto3: in the project's folder, pip install '.[s3]'") from None
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": 5},
        max_pool_connections=_AT_ONCE,
        # contents are compared by their SHA-256; not every provider knows the newer checksums of
        # AWS
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        return Objects(address, boto3.client("s3", config=config))
    except (BotoCoreError, ValueError) as error:
        raise explained(error, str(address), address.bucket) from None
