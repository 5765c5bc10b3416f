"""Taking out of text what must not be kept or shown: every error and every stored address passes here."""

from __future__ import annotations

import re
from typing import Final

_USER_INFO: Final = re.compile(r"(://)[^/?#@\s'\"]{0,300}@")
"""`user:password@` of an address, as a proxy has it."""
_NAMED: Final = re.compile(
    r"""((?:\b|_)(?:api[-_]?key|access[-_]?key|[a-z]{0,20}[-_]?token|secret|passw(?:or)?d|crumb|signature|credential
        |authorization)s?["']?\s{0,3}[=:]\s{0,3}["']?(?:(?:bearer|basic)\s+)?)[^\s&;,"'<>)\]}]{1,2000}""",
    re.IGNORECASE | re.VERBOSE,
)
"""`token=...`, `apikey: ...`, `Authorization: Bearer ...`, in an address, a header, JSON or prose."""
_KEY_OF_QUERY: Final = re.compile(r"([?&](?:key|sig|auth)=)[^\s&\"'<>)]{1,2000}", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """The text with passwords, tokens and keys replaced by `***`."""
    text = _USER_INFO.sub(r"\1***@", text)
    return _KEY_OF_QUERY.sub(r"\1***", _NAMED.sub(r"\1***", text))


def printable(text: str) -> str:
    """The text without what would steer a terminal or turn the direction of writing; lines stay lines."""
    return text if text.isprintable() else "".join(c if c.isprintable() or c == "\n" else " " for c in text)
