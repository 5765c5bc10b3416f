"""What an embedded run came to, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ingested:
    """The run of one `ingest` DAG."""

    asked: int
    """Instruments planned."""
    stored: bool
    """Whether the answers were absorbed, new or not."""
    succeeded: bool
    """Whether the DAG run ended green."""
    new: int = 0
    revised: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)
    """Outcome and message by instrument id."""
    findings: tuple[str, ...] = ()
    """What the data checks found, a line each."""
    errors: tuple[str, ...] = ()
    """Messages of the tasks that broke."""

    @property
    def worked(self) -> int:
        """Instruments that were asked for and are stored."""
        return self.asked - len(self.failed) if self.stored else 0

    def __str__(self) -> str:
        if not self.stored:
            return "failed"
        news = f"{self.new} new, {self.revised} revised" if self.new or self.revised else "nothing new"
        good = f"{self.worked} of {self.asked}" if self.failed else f"{self.asked}"
        return f"{good} instrument{'' if self.asked == 1 else 's'}, {news}"


def exit_code(ingested: Iterable[Ingested], built: bool) -> int:
    """0 when all went well, 1 when nothing did, 3 when some did."""
    results = list(ingested)
    if built and all(result.succeeded for result in results):
        return 0
    return 3 if built and any(result.worked for result in results) else 1
