"""One queue per host: for all processes of a machine, or, over Redis, for all machines."""

from .choice import limiter_for
from .contract import Limiter
from .machine import MachineLimiter
from .shared import SharedLimiter

__all__ = ["Limiter", "MachineLimiter", "SharedLimiter", "limiter_for"]
