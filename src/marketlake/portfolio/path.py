"""One window of a plan, recorded session by session, for each size of the sleeve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..calendars import Days
from .engine import Track, invested, walk
from .plan import Floats, Plan


@dataclass(frozen=True)
class Path:
    """N closes after the start, H holdings, K sizes of the sleeve; money."""

    days: Days
    """The start and the closes after it, (N + 1,)."""
    flow: Floats
    """Paid in: the start amount, then each close's contribution, (N + 1,)."""
    before: Floats
    """Holdings after the trades of the session before, (N, H, K)."""
    gain: Floats
    """What each holding gained to this close, after fees, (N, H, K)."""
    fee: Floats
    """Fees kept back on the way, (N, K)."""
    cost: Floats
    """Paid for trading: the first purchase, then each close's, (N + 1, K)."""
    rebalanced: Floats
    """Bought and sold by rebalancing, (N, K)."""

    @property
    def value(self) -> Floats:
        """The plan after the trades of the start and of each close, (N + 1, K)."""
        grown = self.before.sum(axis=1) + self.gain.sum(axis=1)
        after = grown + self.flow[1:, None] - self.cost[1:]
        return np.concatenate([self.before[:1].sum(axis=1), after])

    @property
    def returns(self) -> Floats:
        """Time-weighted, from close to close, after fees and costs, (N, K)."""
        held = self.before.sum(axis=1)
        return np.asarray((self.gain.sum(axis=1) - self.cost[1:]) / held)

    @property
    def index(self) -> Floats:
        """Growth of one unit by the time-weighted return, the first purchase's cost included, (N + 1, K)."""
        start = self.before[:1].sum(axis=1) / self.flow[0]
        return np.asarray(np.cumprod(np.concatenate([start, 1 + self.returns]), axis=0))


def record(along: Track, weights: Floats, plan: Plan) -> Path:
    """Run the track's only window with targets (H, K)."""
    first, last = along.first[0], along.last[0]
    shape = last - first, weights.shape[1]
    before, gain = np.empty((shape[0], *weights.shape)), np.empty((shape[0], *weights.shape))
    flow, cost, rebalanced = np.empty(shape[0] + 1), np.empty((shape[0] + 1, shape[1])), np.empty(shape)
    flow[0], cost[0] = plan.start, plan.start - invested(plan)
    for n, step in enumerate(walk(along, weights, plan)):
        before[n] = step.before[:, 0]
        gain[n] = step.grown[:, 0] - before[n]
        flow[n + 1], cost[n + 1], rebalanced[n] = step.flow[0, 0], step.cost[0], step.rebalanced[0]
    kept_back = (along.gross - along.net)[first + 1 : last + 1]
    return Path(
        days=along.days[first : last + 1],
        flow=flow,
        before=before,
        gain=gain,
        fee=np.einsum("nhk,nh->nk", before, kept_back),
        cost=cost,
        rebalanced=rebalanced,
    )
