"""The steps of a run as a scheduler calls them: plain values in, plain values out.

Settings come from the environment, so that a worker needs nothing but its arguments. An answer is kept before
any error is raised: a retry asks again only for what failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from ..lake import Lake
from ..model.errors import MarketlakeError, RateLimitedError, TerminalError, UnavailableError, UsageError
from ..model.instruments import Universe
from ..model.settings import load_settings
from ..store.writer import open_manifest
from .batches import store_pending
from .build import build as build_database
from .build import refresh_report
from .corrections import keep_corrections
from .fetch import TRANSIENT_OUTCOMES, answered, collect
from .job import Fetched, Job
from .plan import in_batches, plan_backfill, plan_daily
from .runs import failed, run_findings, run_rows
from .status import stale

_MOST_FINDINGS: Final = 100
"""Lines of findings that a run tells; all of them are in the lake."""


def plan(
    run_id: str,
    calendar: str | None,
    source: str | None,
    instruments: Sequence[str],
    start: str | None,
    end: str | None,
) -> list[list[dict[str, str]]]:
    """Batches of jobs for the instruments of a calendar whose first source is `source`."""
    settings = load_settings()
    chosen = Universe(
        tuple(
            i
            for i in settings.universe.select(instruments).instruments
            if calendar in (None, i.calendar) and source in (None, i.sources[0].source)
        )
    )
    keep_corrections(settings, run_id)
    now, root = settings.clock.now(), settings.lake
    if start:
        window = _date(start), _date(end) if end else None
        jobs = plan_backfill(root, chosen, settings.origin, now, *window)
    else:
        jobs = plan_daily(root, chosen, settings.origin, now, settings.reverify_days)
    return [[job.to_dict() for job in batch] for batch in in_batches(jobs, settings.batch_size)]


def fetch(run_id: str, batch: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Fetch what the run has not fetched well yet; raises what kept an instrument from it."""
    settings = load_settings()
    done = answered(settings.lake, run_id)
    jobs = [job for job in map(Job.from_dict, batch) if job.instrument_id not in done]
    fetched = collect(settings, run_id, jobs) if jobs else []
    _raise_worst([one for one in fetched if one.outcome != "ok"])
    return {"outcomes": {one.job.instrument_id: one.outcome for one in fetched}}


def store(run_id: str) -> dict[str, Any]:
    """Absorb what is waiting in raw/ and say what the run brought."""
    settings = load_settings()
    store_pending(settings)
    rows = run_rows(settings, run_id)
    totals = {name: sum(row[f"{name}_rows"] for row in rows) for name in ("new", "revised", "volume")}
    return {**totals, "failed": failed(rows), "snapshot": open_manifest(settings.lake).snapshot}


def findings(run_id: str) -> list[str]:
    """What the checks found in the answers of the run, a line each, the rows put aside first."""
    settings = load_settings()
    found = run_findings(settings, run_rows(settings, run_id))
    told = [str(one) for one in found[:_MOST_FINDINGS]]
    return told + [f"and {len(found) - len(told)} more: `marketlake check`"] * (len(found) > len(told))


def check(run_id: str) -> None:
    """Raise when any instrument of the run did not end well, naming each."""
    rows = run_rows(load_settings(), run_id)
    bad = failed(rows)
    if bad:
        listed = "\n".join(f"  {name}: {text}" for name, text in bad.items())
        raise MarketlakeError(f"{len(bad)} of {len(rows)} instruments did not end well:\n{listed}")


def build() -> dict[str, Any]:
    """Bring market.duckdb and the report up to date and say how the claims fare."""
    settings = load_settings()
    rebuilt = build_database(settings)
    page = refresh_report(settings, rebuilt)
    checks = [
        f"{check.claim_id}, {check.span}: {check.verdict}" for check in Lake(settings.lake).claims().checks
    ]
    return {
        "rebuilt": rebuilt,
        "snapshot": open_manifest(settings.lake).snapshot,
        "claims": checks,
        "report": page and str(page),
    }


def behind() -> dict[str, str]:
    """What is past its deadline, a line by instrument id."""
    return {each.instrument_id: str(each) for each in stale(load_settings())}


def _raise_worst(bad: Sequence[Fetched]) -> None:
    if not bad:
        return
    text = "; ".join(f"{one.job.instrument_id} {one.outcome}: {one.message}" for one in bad)
    outcomes = {one.outcome for one in bad}
    if "rate_limited" in outcomes:
        raise RateLimitedError(text)
    if outcomes & TRANSIENT_OUTCOMES:
        raise UnavailableError(text)
    raise TerminalError(text)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text[:40]!r} is not a date; write it like 2024-12-31") from None
