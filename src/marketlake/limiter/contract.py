"""What a fetch asks before it asks a vendor."""

from __future__ import annotations

from typing import Final, Protocol

JITTER: Final = 0.1
"""So much of a gap is added at random, so that machines do not ask in step."""
LONGEST_WAIT_S: Final = 600.0
LONGEST_SHUT_S: Final = 3600.0


class Limiter(Protocol):
    """Hands out moments at which a host may be asked."""

    def wait(self, source: str) -> None:
        """Sleep until the source may be asked; `RateLimitedError` where it wants to be left alone."""

    def hold(self, source: str, seconds: float) -> None:
        """Let nobody ask the source for so long: it sent Retry-After."""

    def shut(self, source: str, seconds: float) -> None:
        """Let nobody ask for so long, and nobody wait for it: longer than a run should.

        A source without a limit is a stand-in, which need not be spared.
        """


def left_alone(source: str, seconds: float) -> str:
    """The message for whom the source is shut."""
    return f"{source} wants to be left alone for {seconds:.0f} s more"
