"""The documented outcome of each fault, from README, ARCHITECTURE, `errors` and the sources'
documentation.

A set has more than one outcome where the fault is random, or where a check may flag more than its
minimum. Nothing here calls the pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from .case import GAPS, REPLY_KINDS, Drawn
from .damage import DAMAGES
from .market import Truth
from .world import AFFECTED

GOOD = frozenset({"ok", "no_new_data"})
_NAMED: Mapping[str, str] = {
    "429": "rate_limited",
    "403": "blocked",
    "451": "blocked",
    "404": "not_found",
    **dict.fromkeys(("500", "502", "503", "504", "hang", "reset", "trickle"), "unavailable"),
    **dict.fromkeys(("truncated", "html", "empty", "redirect", "huge"), "malformed"),
}
_TERMINAL = frozenset({"403", "451", "404"})
_TRIES = 3
"""What a transient error is worth, per source."""
_LONG_WAIT_S = 60
_FEW = 3
"""So few missing sessions are within every tolerance that ARCHITECTURE.md names."""


def outcomes(drawn: Drawn, instrument_id: str) -> frozenset[str]:
    """Allowed outcomes of the disturbed run for one instrument."""
    kind = drawn.case.kind
    if kind in DAMAGES:
        return _of_file(drawn, instrument_id) if instrument_id in drawn.affected else GOOD
    if instrument_id not in drawn.affected:
        # a source with a long Retry-After gets no requests for the other instruments either
        at_source = drawn.world.get(instrument_id).sources[0][0] == drawn.case.source
        held = {"rate_limited"} if at_source and _waits(drawn) else set()
        return GOOD | held | (_of_crumb(drawn) if at_source else set())
    of_kind = _of_reply if kind in REPLY_KINDS else _of_rows
    return of_kind(drawn, instrument_id) | _of_archives(drawn)


def _of_archives(drawn: Drawn) -> frozenset[str]:
    """What an archive adds: its checksum, figures that are never empty, one archive per young day.

    A fault that applies to an archive or to its checksum alone makes them differ. The archive of a day
    that lacks a row has none.
    """
    kind = drawn.case.kind
    if drawn.case.source != "binance-archive" or (kind in REPLY_KINDS and kind != "404"):
        return frozenset()
    differs = {"malformed"} if kind == "nulls" or not drawn.always else set()
    lost = kind in {*GAPS, "mislabelled"} or (kind == "404" and not drawn.always)
    lacks = {"truncated"} if lost else set()
    return frozenset(differs | lacks | ({"quarantined"} if kind == "unfinished" else set()))


def _of_reply(drawn: Drawn, instrument_id: str) -> frozenset[str]:
    kind = drawn.case.kind
    if drawn.strike in {"crumb", "cookie"}:
        return GOOD | _of_crumb(drawn)
    named = frozenset({_NAMED[kind]}) | _of_short_text(drawn)
    if drawn.fallback and instrument_id == AFFECTED:
        return GOOD
    if drawn.always:
        return named
    if kind not in _TERMINAL and not _waits(drawn) and drawn.times is not None and drawn.times < _TRIES:
        return GOOD
    return named | GOOD


def _waits(drawn: Drawn) -> bool:
    """Whether a refusal is for longer than a run waits; Tiingo's quota is of an hour where it says
    nothing."""
    seconds = float(drawn.params.get("retry_after", -1))
    hourly = drawn.case.source == "tiingo" and seconds <= 0
    return drawn.case.kind == "429" and (hourly or seconds > _LONG_WAIT_S)


def _of_crumb(drawn: Drawn) -> frozenset[str]:
    """A crumb that is always cut short is refused by the vendor that gave it."""
    cut = drawn.strike == "crumb" and drawn.case.kind == "truncated" and drawn.always
    return frozenset({"unavailable"}) if cut else frozenset()


def _of_short_text(drawn: Drawn) -> frozenset[str]:
    """A text cut at the end of a line, without a content length, is a short response like any
    other."""
    plain = drawn.case.source == "fred" and drawn.params.get("length") == "actual"
    return GOOD | {"truncated"} if plain else frozenset()


def _of_rows(drawn: Drawn, instrument_id: str) -> frozenset[str]:
    kind = drawn.case.kind
    if kind in {"restated", "unit"} and _is_cross_rate(drawn, instrument_id):
        return GOOD
    if kind in GAPS:
        return _of_gaps(drawn, instrument_id)
    if kind in {"duplicates", "unfinished"}:
        return GOOD
    if kind in {"spike", "dividends"}:
        return GOOD | {"quarantined"}
    if kind == "restated":
        return _of_restated(drawn, instrument_id)
    if kind == "unadjusted":
        return _of_unadjusted(drawn, instrument_id)
    if kind in {"recycled", "mislabelled", "reinvested"}:
        return _of_another_series(drawn, instrument_id)
    if kind == "zone":
        return _of_zone(drawn)
    return _of_unit(drawn, instrument_id)


def _is_cross_rate(drawn: Drawn, instrument_id: str) -> bool:
    """Whether it is a cross rate of one file, which a common factor does not change."""
    source, symbol = drawn.world.get(instrument_id).sources[0]
    return source == "ecb" and "EUR" not in symbol


def _of_gaps(drawn: Drawn, instrument_id: str) -> frozenset[str]:
    if drawn.case.kind == "history":
        # the later splits are missing with the sessions of a source that stopped
        lost = {"quarantined"} if _has_split(drawn, instrument_id) else set()
        return GOOD | {"truncated"} | lost
    if drawn.case.kind == "missing" and _has_split(drawn, instrument_id):
        # a split is missing with its row, so the rest looks like another scale
        return GOOD | {"truncated", "quarantined"}
    few = float(drawn.params["count"]) <= _FEW
    if few:
        return GOOD
    first = drawn.params["where"] == "head" and drawn.case.situation != "daily"
    # the ECB's file begins in 1999: missing rows may be outside the window
    quarantined_sessions = drawn.case.source == "ecb" and drawn.params["where"] != "tail"
    hidden = (
        first
        or quarantined_sessions
        or drawn.fallback
        or not drawn.always
        or drawn.case.situation == "backfill"
    )
    return GOOD | {"truncated"} if hidden else frozenset({"truncated"})


def _of_restated(drawn: Drawn, instrument_id: str) -> frozenset[str]:
    if "from" in drawn.params or drawn.case.situation != "daily":
        return GOOD | {"quarantined"} if _all_known_restated(drawn, instrument_id) else GOOD
    return frozenset({"quarantined"}) | (frozenset() if drawn.always else GOOD)


def _all_known_restated(drawn: Drawn, instrument_id: str) -> bool:
    """Whether every session of the overlap is affected, which is another scale and no revision."""
    first, last = (date.fromisoformat(str(drawn.params.get(n, d))) for n, d in _ALWAYS_ALLOWED)
    truth = drawn.world.get(instrument_id).truth
    known = look_back(drawn, truth) if drawn.window is None else _stored_in_window(drawn, truth)
    affected = [day for day in known if first <= day <= last]
    return len(affected) >= max(2, len(known) - 1)


_ALWAYS_ALLOWED = (("from", "1900-01-01"), ("to", "2099-12-31"))


def look_back(drawn: Drawn, truth: Truth) -> list[date]:
    """The stored sessions that a daily run requests again: ten and the last."""
    return sorted(truth.until(drawn.world.loaded))[-11:]


def _stored_in_window(drawn: Drawn, truth: Truth) -> list[date]:
    """The stored sessions that a backfill requests again."""
    start, end = drawn.window or (date.min, None)
    stored = (day for day in truth.until(drawn.world.loaded) if day >= drawn.world.loaded_from)
    return sorted(day for day in stored if start <= day <= (end or date.max))


def _has_split(drawn: Drawn, instrument_id: str) -> bool:
    return bool(_splits(drawn, instrument_id))


def _splits(drawn: Drawn, instrument_id: str) -> list[date]:
    """The sessions on which a split took effect."""
    truth = drawn.world.get(instrument_id).truth
    return [day for day, row in truth.until(drawn.at).items() if row[6] != 1]


def _of_unadjusted(drawn: Drawn, instrument_id: str) -> frozenset[str]:
    if drawn.case.source != "yahoo" or not _splits_in_answer(drawn, instrument_id):
        return GOOD
    certain = drawn.params["events"] == "kept" and drawn.always
    if drawn.params["scope"] == "day" and drawn.window and drawn.window[1]:
        # the eve of a split before others looks like any wrong bar
        certain = certain and drawn.window[1] >= max(_splits(drawn, instrument_id))
    return frozenset({"quarantined"}) if certain else GOOD | {"quarantined"}


def _splits_in_answer(drawn: Drawn, instrument_id: str) -> bool:
    """Splits after the first row of the response, whatever the window's end: Yahoo responds up
    to now."""
    truth = drawn.world.get(instrument_id).truth
    start = drawn.window[0] if drawn.window else date.min
    if drawn.case.situation == "daily":
        start = look_back(drawn, truth)[0]
    rows = truth.until(drawn.at + timedelta(days=1))
    return any(row[6] != 1 for day, row in rows.items() if day > start)


def _of_another_series(drawn: Drawn, instrument_id: str) -> frozenset[str]:
    """Another company, dates shifted by a session, or prices adjusted for dividends.

    In the look-back of a daily run the first two are certain. A first load has nothing to compare
    with, pages that each lack a session may be short, and an adjustment may end before the overlap.
    """
    kind, source = drawn.case.kind, drawn.case.source
    if source == "ecb" and (kind != "recycled" or _is_cross_rate(drawn, instrument_id)):
        # the fault multiplies the rates of a day
        return GOOD
    # a daily run asks FRED for about as many months as are compared at least
    certain = kind == "recycled" or (kind == "mislabelled" and source != "fred")
    certain = certain and drawn.case.situation == "daily" and drawn.always
    # shifted dates have fewer sessions in common
    common = len(look_back(drawn, drawn.world.get(instrument_id).truth)) - 2 * (kind == "mislabelled")
    if certain and common > _FEWEST_TO_COMPARE:
        return frozenset({"quarantined"})
    return GOOD | {"quarantined", "truncated"}


_FEWEST_TO_COMPARE = 6


def _of_zone(drawn: Drawn) -> frozenset[str]:
    """Only Yahoo names a time zone, and a first load has none to compare with."""
    if drawn.case.source != "yahoo":
        return GOOD
    if drawn.case.situation != "first_load" and drawn.always and not drawn.fallback:
        return frozenset({"quarantined"})
    return GOOD | {"quarantined", "truncated"}


def _of_unit(drawn: Drawn, instrument_id: str) -> frozenset[str]:
    if "label" in drawn.params:
        named = drawn.case.source == "yahoo"
        if drawn.fallback and instrument_id == AFFECTED and named:
            return GOOD
        return frozenset({"quarantined"}) | (frozenset() if drawn.always else GOOD) if named else GOOD
    if drawn.case.situation == "first_load":
        # no stored rows to compare with
        return GOOD | {"quarantined"}
    return frozenset({"quarantined"}) | (frozenset() if drawn.always else GOOD)


def _of_file(drawn: Drawn, instrument_id: str) -> frozenset[str]:
    named = DAMAGES[drawn.case.kind][1]
    if drawn.case.kind == "header_only" and drawn.case.situation == "backfill":
        return GOOD
    if drawn.fallback and instrument_id == AFFECTED and not named & GOOD:
        return GOOD
    return named


def exit_code(ended: Mapping[str, str], received: Mapping[str, int]) -> int:
    """The documented exit code: 0 success, 1 nothing worked, 3 partial."""
    bad = [name for name, outcome in ended.items() if outcome not in GOOD]
    if not bad:
        return 0
    return 1 if len(bad) == len(ended) and not any(received.values()) else 3
