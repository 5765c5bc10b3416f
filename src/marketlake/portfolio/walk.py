"""The plan from session to session, for all start dates and all sizes of the sleeve together.

Arrays are (holding H, start S, sleeve K). At each close, in this order: holdings grow; the
contribution is bought at target weights; the plan is rebalanced if it is due. Costs are a fraction
of everything bought and sold, reckoned before they are taken, and borne by all holdings pro rata.
At its last session a plan neither buys nor sells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..model.calendars import Days
from .plan import Floats, Plan
from .schedule import YEAR_DAYS, Flags, contributions, rebalancing


@dataclass(frozen=True)
class Track:
    """What the engine runs on: sessions (T,), growth of each holding since the one before (T, H),
    gross and net of fees, and where each of S plans starts and ends, in order of their starts."""

    days: Days
    gross: Floats
    net: Floats
    first: tuple[int, ...]
    last: tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """One close of the plans alive at it: those `plans` of S that have started before."""

    session: int
    plans: slice
    before: Floats
    """Each holding after the trades of the session before, (H, S', K)."""
    grown: Floats
    """The same at this close, before its trades."""
    flow: Floats
    """Money paid in, (S', 1)."""
    cost: Floats
    """Money paid for trading, (S', K)."""


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
        """Growth of one unit by the time-weighted return, the first purchase's cost included, (N +
        1, K)."""
        start = self.before[:1].sum(axis=1) / self.flow[0]
        return np.asarray(np.cumprod(np.concatenate([start, 1 + self.returns]), axis=0))


def track(days: Days, levels: Floats, plan: Plan, first: tuple[int, ...], last: tuple[int, ...]) -> Track:
    """Growth from total-return levels (T, H); fees accrue by calendar day, (1 - rate) a year."""
    gross = np.ones_like(levels)
    gross[1:] = levels[1:] / levels[:-1]
    years = np.append(0.0, np.diff(days).astype(np.int64)) / YEAR_DAYS
    kept = np.array([(1 - h.expense_ratio) * (1 - plan.plan_fee) for h in plan.holdings])
    return Track(days, gross, gross * kept ** years[:, None], first, last)


def walk(along: Track, weights: Floats, plan: Plan) -> Iterator[Step]:
    """Every close after a start, in order; `weights` (H, K) are the targets of each size of the
    sleeve."""
    target = weights[:, None, :]
    count = len(along.first)
    flows = _flows(along, plan)
    due = rebalancing(along.days, plan.rebalance)
    first, last = np.array(along.first), np.array(along.last)
    held = np.zeros((weights.shape[0], count, weights.shape[1]))
    begun = ended = 0
    for session in range(along.first[0], along.last[-1] + 1):
        if begun > ended:
            plans = slice(ended, begun)
            before = held[:, plans].copy()
            grown = before * along.net[session][:, None, None]
            flow = flows[np.arange(ended, begun), session - first[plans]][:, None]
            going = (last[plans] > session)[:, None]
            held[:, plans], cost, _ = _trade(grown, flow, target, bool(due[session]), going, plan)
            yield Step(session, plans, before, grown, flow, cost)
        while ended < begun and along.last[ended] == session:
            ended += 1
        while begun < count and along.first[begun] == session:
            held[:, begun] = weights * invested(plan)
            begun += 1


def invested(plan: Plan) -> float:
    """What of the start amount is left after buying the holdings."""
    return plan.start * (1 - plan.trading_cost)


def growth(levels: Floats, due: Flags, weights: Floats) -> Floats:
    """Growth of one unit (N + 1, K) in plans without payments and costs, a whole stretch at a time.

    `levels` (N + 1, H) are those of the window, `due` (N + 1,) its closes at which the calendar
    rebalances, `weights` (H, K) the targets. It is what `walk` yields for such a plan.
    """
    index = np.ones((len(levels), weights.shape[1]))
    for start, end in pairwise([0, *(np.flatnonzero(due[1:-1]) + 1), len(levels) - 1]):
        grown = (levels[start + 1 : end + 1] / levels[start]) @ weights
        index[start + 1 : end + 1] = index[start] * grown
    return index


def record(along: Track, weights: Floats, plan: Plan) -> Path:
    """Run the track's only window with targets (H, K), a whole stretch without trades at a time."""
    first, last = along.first[0], along.last[0]
    count, target = last - first, weights[:, None, :]
    net, due = along.net[first + 1 : last + 1], rebalancing(along.days, plan.rebalance)[first + 1 : last + 1]
    before, gain = np.empty((count, *weights.shape)), np.empty((count, *weights.shape))
    cost, rebalanced = np.zeros((count + 1, weights.shape[1])), np.zeros((count, weights.shape[1]))
    flow = np.append(plan.start, _flows(along, plan)[0, 1:])
    cost[0] = plan.start - invested(plan)
    held, start = weights * invested(plan), 0
    trades = due | (flow[1:] != 0) | (plan.band is not None)
    for end in [*(np.flatnonzero(trades[:-1]) + 1), count]:
        steps = np.broadcast_to(net[start:end, :, None], (end - start, *weights.shape))
        grown = np.cumprod(np.concatenate([held[None], steps]), axis=0)
        before[start:end], gain[start:end] = grown[:-1], np.diff(grown, axis=0)
        paid, going = flow[end : end + 1, None], np.array([[end < count]])
        after, costs, moved = _trade(grown[-1][:, None], paid, target, bool(due[end - 1]), going, plan)
        held, cost[end], rebalanced[end - 1] = after[:, 0], costs[0], moved[0]
        start = end
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


def _flows(along: Track, plan: Plan) -> Floats:
    """What each plan is paid so many sessions after its start, (S, longest window)."""
    windows = list(zip(along.first, along.last, strict=True))
    paid = np.zeros((len(windows), 1 + max(last - first for first, last in windows)))
    for row, (first, last) in zip(paid, windows, strict=True):
        row[: last - first + 1] = contributions(along.days[first : last + 1], plan)
    return paid


def _trade(
    grown: Floats, flow: Floats, target: Floats, due: bool, going: Flags, plan: Plan
) -> tuple[Floats, Floats, Floats]:
    """Holdings after the close's trades, the cost, and what rebalancing moved."""
    paid = flow * plan.trading_cost
    bought = grown + target * (flow - paid)
    total = bought.sum(axis=0)
    if not due and plan.band is None:
        none = np.zeros_like(total)
        return bought, none + paid, none
    wanted = target * total
    move = going
    if plan.band is not None:
        move = going & (np.abs(bought - wanted).max(axis=0) > plan.band * total)
    moved = np.where(move, np.abs(wanted - bought).sum(axis=0), 0.0)
    cost = moved * plan.trading_cost
    return np.where(move, target * (total - cost), bought), cost + paid, moved
