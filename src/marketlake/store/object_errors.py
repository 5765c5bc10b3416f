"""What a refusal of an object store means, and what to do about it; never what boto says of credentials."""

from __future__ import annotations

from typing import Any, Final

from ..errors import ConfigError, LakeError, LakeUnreachableError, LakeWriteError
from ..redact import without_secrets

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


class Refused(Exception):  # noqa: N818 - not every refusal is an error
    """A conditional write found something else than it was told to."""


def code_of(error: Any) -> str:
    """The store's own word for what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))


def told(error: Exception, where: str, bucket: str) -> LakeError | ConfigError:
    """Our error for one of boto's."""
    if hasattr(error, "response"):
        return _answered(code_of(error), _region(error), where, bucket)
    return _unanswered(type(error).__name__, where)


def told_of_conditions(where: str) -> ConfigError:
    """The error for a store in which two writers would overwrite each other."""
    return ConfigError(
        f"{where}: the store does not know conditional writes, by which writers take turns; use one that "
        "does (docs/object-store.md)"
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
        return ConfigError(f"{where}: the bucket is not in the region that was asked ({code}); set {right}")
    if code in {"NotImplemented", "501"}:
        return told_of_conditions(where)
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
