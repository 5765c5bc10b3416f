"""Which queue the settings ask for."""

from __future__ import annotations

from pathlib import Path

from ..settings import Settings
from .contract import Limiter
from .machine import MachineLimiter
from .shared import SharedLimiter


def limiter_for(settings: Settings) -> Limiter:
    """The queue in Redis where MARKETLAKE_LIMITER_URL names one, else this machine's own."""
    if settings.limiter_url:
        return SharedLimiter(settings.limiter_url, settings.origin, settings.clock, settings.rate)
    folder = Path.home() / ".cache" / "marketlake" / f"limits-{settings.origin}"
    return MachineLimiter(folder, settings.clock, settings.rate)
