"""Every error marketlake raises on purpose.

MarketlakeError                 message: what, where, the limit, the remedy
├── UsageError                  the arguments cannot be carried out: exit code 2
│   └── ConfigError             a configuration file cannot be used
├── LakeError                   the lake cannot be used as it is: exit code 1
│   ├── EmptyLakeError          nothing is stored yet
│   ├── LakeBusyError           another writer holds the lock
│   │   └── LakeOvertakenError  another writer's commit came first
│   ├── LakeChangedError        its files were replaced while they were read
│   ├── LakeUnreachableError    the object store does not answer
│   ├── LakeWriteError          the disk is full, read-only or failing
│   ├── OriginError             simulated and live data never share a lake
│   ├── SchemaVersionError      written by a newer marketlake
│   └── CorruptLakeError        a stored file does not match the manifest
└── SourceError                 a vendor did not answer well; carries its outcome
    ├── TransientError          worth another try
    │   ├── RateLimitedError    outcome rate_limited
    │   ├── UnavailableError    outcome unavailable
    │   ├── MalformedError      outcome malformed
    │   └── TruncatedError      outcome truncated
    └── TerminalError           another try would get the same answer
        ├── NotFoundError       outcome not_found
        ├── BlockedError        outcome blocked
        ├── MisconfiguredError  outcome misconfigured
        └── QuarantinedError    outcome quarantined
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar, Final

_USER_INFO: Final = re.compile(r"(://)[^/?#@\s'\"]{0,300}@")
"""`user:password@` of an address, as a proxy has it."""
_NAMED: Final = re.compile(
    r"""((?:\b|_)(?:api[-_]?key|access[-_]?key|[a-z]{0,20}[-_]?token|secret|passw(?:or)?d|crumb|signature|credential
        |authorization)s?["']?\s{0,3}[=:]\s{0,3}["']?(?:(?:bearer|basic|token)\s+)?)[^\s&;,"'<>)\]}]{1,2000}""",
    re.IGNORECASE | re.VERBOSE,
)
"""`token=...`, `apikey: ...`, `Authorization: Bearer ...`, in an address, a header, JSON or
prose."""
_KEY_OF_QUERY: Final = re.compile(r"([?&](?:key|sig|auth)=)[^\s&\"'<>)]{1,2000}", re.IGNORECASE)


class MarketlakeError(Exception):
    """Base of all deliberate errors; `str()` is fit for a user to read and holds no secret."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str) -> None:
        super().__init__(printable(without_secrets(message)))


class UsageError(MarketlakeError):
    """The arguments cannot be carried out."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration file is missing, unreadable or wrong."""


class LakeError(MarketlakeError):
    """The lake cannot be used as it is."""


class EmptyLakeError(LakeError):
    """Nothing is stored yet."""


class LakeBusyError(LakeError):
    """Another writer holds the lake's lock."""


class LakeOvertakenError(LakeBusyError):
    """Another writer's commit came first; done again, the work goes on from there."""


class LakeChangedError(LakeError):
    """Files of the lake were replaced while they were read.

    A retry gives an answer of one state.
    """


class LakeUnreachableError(LakeError):
    """The object store that holds the lake does not answer."""


class LakeWriteError(LakeError):
    """The disk refused a write; what was stored before is untouched."""


class OriginError(LakeError):
    """Simulated and live data never share a lake."""


class SchemaVersionError(LakeError):
    """The lake was written by a newer marketlake."""


class CorruptLakeError(LakeError):
    """A stored file does not match the manifest."""


class SourceError(MarketlakeError):
    """A vendor did not answer well."""

    outcome: ClassVar[str]


class TransientError(SourceError):
    """Worth another try."""


class RateLimitedError(TransientError):
    """The vendor limits the rate; `retry_after` is in seconds, None where it is not given."""

    outcome = "rate_limited"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnavailableError(TransientError):
    """No answer, or a server error."""

    outcome = "unavailable"


class MalformedError(TransientError):
    """An answer that is not what the vendor documents."""

    outcome = "malformed"


class TruncatedError(TransientError):
    """An answer that holds less than was requested."""

    outcome = "truncated"


class TerminalError(SourceError):
    """Another try would get the same answer."""


class NotFoundError(TerminalError):
    """The vendor does not know the symbol."""

    outcome = "not_found"


class BlockedError(TerminalError):
    """The vendor refuses to serve us."""

    outcome = "blocked"


class MisconfiguredError(TerminalError):
    """The instrument's entry in instruments.toml names a calendar, source or symbol that cannot be
    used."""

    outcome = "misconfigured"


class QuarantinedError(TerminalError):
    """The answer was understood and is not believable."""

    outcome = "quarantined"


def without_secrets(text: str) -> str:
    """The text with passwords, tokens and keys replaced by `***`."""
    text = _USER_INFO.sub(r"\1***@", text)
    return _KEY_OF_QUERY.sub(r"\1***", _NAMED.sub(r"\1***", text))


def printable(text: str) -> str:
    """The text without what would steer a terminal or turn the direction of writing.

    Lines stay lines.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def nearest(name: str, known: Iterable[str]) -> str:
    """The ids that look like it, else those that there are to choose from."""
    ids = list(known)
    close = get_close_matches(name[:40].upper(), ids, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(ids[:40])}"
