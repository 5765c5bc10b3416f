"""Fetch a batch of instruments: retries, the next source, and one raw batch with every answer.

Each instrument ends in one attempt that counts: the last one. An attempt is judged on the answer
alone, by the same parse and normalise that storing applies later. Whatever is wrong with one
instrument (its entry in instruments.toml, its vendor, a defect of ours) ends in an attempt of that
instrument and stops no other.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

import numpy as np
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from .. import sources
from ..model.clock import Clock
from ..model.errors import (
    MalformedError,
    MisconfiguredError,
    NotFoundError,
    RateLimitedError,
    SourceError,
    TransientError,
    TruncatedError,
    UnavailableError,
    UsageError,
)
from ..model.instruments import Instrument, SourceRef
from ..model.settings import Settings
from ..sources.contract import Access, Page, Request, Source, answered_at, unexpected
from ..sources.limiter import limiter_for
from ..store import raw
from ..store.raw import batch_names, local_files
from ..store.writer import claim, open_manifest
from .gaps import accepted_gaps, coverage, read_gaps
from .job import RECONCILE, Attempt, Fetched, Job, calendar_error
from .normalise import NOT_LISTED, Window, normalise
from .raw_answers import as_rows

MAX_ATTEMPTS: Final = 3
"""Per source, on transient errors."""
_LONGEST_PAUSE_S: Final = 60.0
_JITTER: Final = 0.5
_BREAKER_LIMIT: Final = 3
"""Instruments in a row that a source may fail to answer before it is left alone for the rest of the
batch."""
TRANSIENT_OUTCOMES: Final = frozenset(
    error.outcome for error in (RateLimitedError, UnavailableError, MalformedError, TruncatedError)
)
"""What another try may cure."""
_TELLING: Final = (
    {NotFoundError.outcome: -1} | dict.fromkeys(TRANSIENT_OUTCOMES, 1) | {TruncatedError.outcome: 2}
)
"""Where no source answered well: a short answer beats none, what another try may cure beats the
rest, and the outcome is `not_found` only where every source gives it."""


@dataclass
class Fetcher:
    """Fetches the instruments of a batch one after the other.

    Keeps each source open for the batch.
    """

    access: Access
    on_done: Callable[[Fetched], None] = lambda _: None
    accepted: Mapping[str, Sequence[date]] = field(default_factory=dict)
    """By instrument id, sessions that an answer need not hold (accepted gaps)."""
    jitter: Callable[[float, float], float] = random.uniform
    """A number between two: how much is added to a pause."""
    _open: dict[str, Source] = field(default_factory=dict)
    _unanswered: dict[str, int] = field(default_factory=dict)
    _refusals: dict[str, str] = field(default_factory=dict)

    def fetch(self, jobs: Sequence[Job], instruments: Mapping[str, Instrument]) -> Iterator[Fetched]:
        """One result per job, whatever the vendors do."""
        for job in jobs:
            started = self.access.clock.monotonic()
            attempts = self._attempts(job, instruments.get(job.instrument_id))
            fetched = Fetched(job, attempts, self.access.clock.monotonic() - started)
            self.on_done(fetched)
            yield fetched

    def _attempts(self, job: Job, instrument: Instrument | None) -> list[Attempt]:
        """Sources in order of trust until one answers well.

        Else the most telling attempt comes last.

        Among equals that is the most trusted source's.
        """
        if instrument is None:
            return [_refused(job, SourceRef("", ""), NotFoundError(NOT_LISTED))]
        refs = list(instrument.with_keys)
        if job.source:
            refs = [ref for ref in instrument.sources if ref.source == job.source][:1]
        error = calendar_error(instrument, self.access.clock.now().date())
        if error:
            return [_refused(job, refs[0] if refs else instrument.sources[0], error)]
        today = self.access.clock.now().date()
        if job.start > today:
            text = f"since = {instrument.since} is in the future; correct it in instruments.toml, or wait"
            return [_refused(job, refs[0] if refs else instrument.sources[0], MisconfiguredError(text))]
        attempts: list[Attempt] = []
        trust = {ref.source: -place for place, ref in enumerate(instrument.sources)}
        for ref in refs:
            attempts += self._request(job, instrument, ref, job.start if ref == refs[0] else job.due_from)
            if attempts[-1].outcome == "ok":
                return _with_faults(attempts, refs)
        attempts.sort(key=lambda a: (_TELLING.get(a.outcome, 0), trust[a.source]))
        return _with_faults(attempts, refs)

    def _request(self, job: Job, instrument: Instrument, ref: SourceRef, start: date) -> list[Attempt]:
        """Request one source from `start` on, with retries."""
        fault = sources.fault_of(ref)
        if fault:
            return [_refused(job, ref, MisconfiguredError(fault))]
        request = Request(job.instrument_id, ref.symbol, start, job.end)
        if self._unanswered.get(ref.source, 0) >= _BREAKER_LIMIT:
            text = f"not requested: {ref.source} failed for others; the next run requests it again"
            return [Attempt(ref.source, request, (), self._refusals[ref.source], text)]
        attempts: list[Attempt] = []
        retrying = Retrying(
            retry=retry_if_exception(_worth_a_pause),
            stop=stop_after_attempt(MAX_ATTEMPTS),
            wait=lambda state: _pause(state, self.jitter),
            sleep=self.access.clock.sleep,
            before_sleep=lambda state: self._heed(ref.source, state),
            reraise=True,
        )
        try:
            retrying(self._try, job, instrument, request, ref.source, attempts)
        except SourceError as error:
            self._count(ref.source, error)
        else:
            self._unanswered[ref.source] = 0
        return attempts

    def _try(
        self, job: Job, instrument: Instrument, request: Request, name: str, attempts: list[Attempt]
    ) -> None:
        """One attempt, appended to `attempts`.

        Raises a `SourceError` when it was not a good one.
        """
        pages: Sequence[Page] = ()
        try:
            source = self._source(name)
            pages = source.fetch(request, self.access)
            judged = judge(source, pages, job, instrument, self.access, self.accepted.get(instrument.id, ()))
        except SourceError as error:
            attempts.append(Attempt(name, request, pages, error.outcome, str(error)))
            raise
        except Exception as error:
            found = (
                MisconfiguredError(str(error))
                if isinstance(error, UsageError)
                else unexpected(request, error)
            )
            attempts.append(Attempt(name, request, pages, found.outcome, str(found)))
            raise found from error
        short = judged.error
        attempts.append(
            Attempt(
                name,
                request,
                pages,
                short.outcome if short else "ok",
                str(short) if short else "",
                judged.first,
            )
        )
        if short:
            raise short

    def _source(self, name: str) -> Source:
        if name not in self._open:
            self._open[name] = sources.create(name)
        return self._open[name]

    def _count(self, source: str, error: SourceError) -> None:
        """For the breaker; a Retry-After longer than a run can wait trips it immediately, also
        elsewhere."""
        if isinstance(error, RateLimitedError) and not _worth_a_pause(error):
            self._unanswered[source] = _BREAKER_LIMIT
            # a limiter that cannot be used fails the next request, which reports it
            with suppress(UsageError):
                self.access.limiter.shut(source, error.retry_after or 0.0)
        elif isinstance(error, UnavailableError | RateLimitedError):
            self._unanswered[source] = self._unanswered.get(source, 0) + 1
        else:
            self._unanswered[source] = 0
        self._refusals[source] = error.outcome

    def _heed(self, source: str, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, RateLimitedError) and error.retry_after:
            self.access.limiter.hold(source, error.retry_after)


def _refused(job: Job, ref: SourceRef, error: SourceError) -> Attempt:
    """The attempt of a source that was not requested."""
    request = Request(job.instrument_id, ref.symbol, job.start, job.end)
    return Attempt(ref.source, request, (), error.outcome, str(error))


def _with_faults(attempts: list[Attempt], refs: Sequence[SourceRef]) -> list[Attempt]:
    """The attempts; the message of the last one also names every source that cannot be used."""
    last = attempts[-1]
    faults = [fault for ref in refs if (fault := sources.fault_of(ref)) and fault not in last.message]
    message = "; ".join([*([last.message] if last.message else []), *faults])
    return [*attempts[:-1], replace(last, message=message)]


@dataclass(frozen=True)
class Judged:
    """A usable answer: its first session, and the error where it leaves out too much."""

    first: date | None
    error: TruncatedError | None = None


def judge(
    source: Source,
    pages: Sequence[Page],
    job: Job,
    instrument: Instrument,
    access: Access,
    accepted: Sequence[date] = (),
) -> Judged:
    """What an answer holds; raises what is wrong with it: its error or its unit.

    A source may have no history before `job.due_from`.
    """
    parsed = source.parse(pages)
    for error in parsed.failed.values():
        raise error
    now = access.clock.now()
    window = Window(instrument, source.name, job.start, job.end, answered_at(access.clock, now, pages))
    normalised = normalise(parsed.bars, {instrument.id: window})
    for error in normalised.refused.values():
        raise error
    sessions = normalised.bars["session"].to_numpy().astype("datetime64[D]")
    # what is due follows from our clock alone: a vendor's wrong one must not hide that nothing came
    due = replace(window, start=job.due_from, at=now)
    cover = coverage(due, sessions[sessions >= np.datetime64(job.due_from)], job.mode, accepted)
    first = sessions[0].item() if len(sessions) else None
    if not cover.truncated:
        return Judged(first)
    ahead = f"; this machine's clock is {now - window.at} ahead of the vendor's" if window.at < now else ""
    what = f"requested {instrument.id} from {job.due_from} to {job.end}, {cover.shortfall}{ahead}"
    return Judged(first, TruncatedError(f"{source.name}: {what}"))


def _worth_a_pause(error: BaseException) -> bool:
    """Transient, and without a Retry-After that is longer than a run should wait."""
    patience = getattr(error, "retry_after", None) or 0.0
    return isinstance(error, TransientError) and patience <= _LONGEST_PAUSE_S


def _pause(state: RetryCallState, jitter: Callable[[float, float], float]) -> float:
    """1, 2, 4 ... seconds and up to half more, so that workers which failed together part.

    Never less than Retry-After, behind which the limiter queues them.
    """
    error = state.outcome.exception() if state.outcome else None
    required = getattr(error, "retry_after", None) or 0.0
    return max(
        required, min(2.0 ** (state.attempt_number - 1), _LONGEST_PAUSE_S) * (1 + jitter(0.0, _JITTER))
    )


def collect(
    settings: Settings,
    run_id: str,
    jobs: Sequence[Job],
    on_done: Callable[[Fetched], None] = lambda _: None,
) -> list[Fetched]:
    """Fetch each job and persist every answer as one raw batch, which `store_pending` stores.

    Answers that were received before an interruption (Ctrl-C, a time limit) are persisted too. A
    batch of its own, before it, holds what a source that answered short has more of.
    """
    root, clock = settings.lake, settings.clock
    claim(root, settings.origin)
    accepted = accepted_gaps(read_gaps(root, open_manifest(root)))
    fetcher = Fetcher(access_of(settings), on_done, accepted)
    started, fetched = clock.now(), list[Fetched]()
    try:
        for one in fetcher.fetch(jobs, settings.universe.by_id):
            fetched.append(one)
    finally:
        heads = [head for one in fetched if (head := one.head)]
        if heads:
            _persist(settings, run_id, heads, started)
        if fetched:
            _persist(settings, run_id, fetched, started)
    return fetched


def _persist(settings: Settings, run_id: str, fetched: Sequence[Fetched], started: datetime) -> None:
    clock = settings.clock
    rows = [row for one in fetched for row in as_rows(one, run_id, settings.origin, clock, started)]
    pages = [page for one in fetched for attempt in one.attempts for page in attempt.pages]
    done = answered_at(clock, clock.now(), pages)
    raw.write_batch(settings.lake, batch_id(done, clock, run_id), done.date(), rows)


def batch_id(done: datetime, clock: Clock, label: str) -> str:
    """Names a batch when it is written: in the order of arrival, by the tick where the clock is
    pinned."""
    return f"{done:%Y%m%dT%H%M%S}-{int(clock.monotonic() * 1e6):015d}-{slug(label)}"


def answered(root: Path, run_id: str) -> set[tuple[str, str]]:
    """The instrument and source of the jobs that a run has already fetched well, as `Job` names
    them."""
    columns = ["run_id", "instrument_id", "source", "mode", "outcome"]
    return {
        (row["instrument_id"], row["source"] if row["mode"] == RECONCILE else "")
        for path in local_files(root, batch_names(root, f"-{slug(run_id)}"))
        for row in raw.read_columns(path, columns)
        if row["run_id"] == run_id and row["outcome"] == "ok"
    }


def slug(text: str) -> str:
    """A run's name as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:80]


def access_of(settings: Settings) -> Access:
    """What a source may use of the outside world under these settings."""
    return Access(
        settings.clock,
        limiter_for(settings),
        settings.home / "files",
        settings.source_url,
        keys=settings.keys,
    )
