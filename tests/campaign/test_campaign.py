"""Small campaigns, and tests that they detect violations. The long ones: `make campaign`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import marketlake.ingest.fetch as fetching
import marketlake.ingest.run as running
from marketlake.sources.contract import Access

from . import checks, expected
from .case import KINDS, SITUATIONS, Case, all_cases, draw
from .clock import collecting
from .damage import DAMAGES
from .lakes import bars
from .mixed import Rounds, mixed
from .soak import soak
from .strike import Site, strike
from .workers import site, with_timeout
from .world import AFFECTED, SOURCES

pytestmark = pytest.mark.xdist_group("campaign")


@pytest.fixture(scope="module")
def place() -> Iterator[Site]:
    with site() as here:
        yield here
    collecting.Access = Access


def affected(name: str, place: Site) -> tuple[str, ...]:
    case = Case.parse(name)
    return with_timeout(case, place, strike, lambda _, how: pytest.fail(how)).violations


def test_long_campaign_covers_every_fault_source_and_situation() -> None:
    cases = {(case.kind, case.source, case.situation) for case in all_cases(2000, 1)}
    web = [source for source in SOURCES if source != "files"]
    assert len(cases) == (len(KINDS) * len(web) + len(DAMAGES)) * len(SITUATIONS)


@pytest.mark.parametrize("number", range(14))
def test_no_row_is_lost_or_invented_and_the_fault_is_reported(number: int, place: Site) -> None:
    case = all_cases(14, 5)[number]
    assert affected(case.name, place) == ()


def test_mixed_faults_violate_nothing(place: Site) -> None:
    assert mixed(Rounds(1, 20), place).violations == ()


def test_two_week_soak_equals_the_recomputation(place: Site) -> None:
    result = soak(place, 8, 12, 1, lambda number: None)
    assert result.violations == ()
    assert result.revisions > 5


def test_campaign_detects_an_accepted_short_response(place: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "judge", lambda *_: fetching.Judged(None))
    cases = all_cases(200, 3, ["missing"], ["bitstamp"])
    case = next(case for case in cases if expected.outcomes(draw(case), AFFECTED) == {"truncated"})
    assert any("outcome of A: no_new_data" in text for text in affected(case.name, place))


def test_campaign_detects_a_skipped_instrument(place: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    real = running.plan_daily
    monkeypatch.setattr(running, "plan_daily", lambda *given: real(*given)[1:])
    assert any("recorded" in text for text in affected("duplicates:bitstamp:first_load:1", place))


def test_checks_distinguish_lost_changed_and_invented_rows() -> None:
    day, row = draw(Case("html", "kraken", "daily", 1)).at.date(), (1.0, 1.0, 1.0, 1.0, 5.0, 0.0, 1.0)
    held, other = {("A", day): row}, {("A", day): (*row[:3], 2.0, *row[4:])}
    assert list(checks.nothing_lost(held, held)) == list(checks.equal(held, held, "x")) == []
    assert "is gone" in next(checks.nothing_lost(held, {}))
    assert "missing" in next(checks.equal({}, held, "x"))
    assert "too many" in next(checks.equal(held, {}, "x"))
    assert "differ" in next(checks.equal(other, held, "x"))


def test_checks_see_an_unmarked_wrong_figure_and_a_silent_rewrite(
    place: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = draw(Case("html", "bitstamp", "daily", 1))
    root = place.home(drawn) / "data"
    held, truth = bars(root), {each.id: each.truth.until(drawn.at) for each in drawn.world.held}
    assert list(checks.no_wrong_figure_unmarked(held, truth, root)) == []
    assert list(checks.no_silent_rewrite(held, held, root)) == []
    key = sorted(key for key in held if key[0] == AFFECTED)[-3]
    wrong = held | {key: (*(price * 1.3 for price in held[key][:4]), *held[key][4:])}
    assert "without a mark: A" in next(checks.no_wrong_figure_unmarked(wrong, truth, root))
    lost = held | {key: (*held[key][:6], 4.0)}
    assert "without a mark: A" in next(checks.no_wrong_figure_unmarked(lost, truth, root))
    other = held | {
        k: (*(p * 1.01 for p in row[:4]), *row[4:]) for k, row in held.items() if k[0] == AFFECTED
    }
    assert "sessions of A" in next(checks.no_silent_rewrite(held, other, root))
    finding = {"instrument_id": AFFECTED, "session": key[1], "check": "jump"}
    monkeypatch.setattr(checks, "findings", lambda _: [finding])
    assert list(checks.no_wrong_figure_unmarked(wrong, truth, root)) == []
    assert list(checks.no_silent_rewrite(held, other, root)) == []


def test_exit_codes_follow_from_the_outcomes() -> None:
    assert expected.exit_code({"A": "ok", "B": "no_new_data"}, {"A": 1, "B": 0}) == 0
    assert expected.exit_code({"A": "ok", "B": "malformed"}, {"A": 1, "B": 0}) == 3
    assert expected.exit_code({"A": "blocked"}, {"A": 0}) == 1
