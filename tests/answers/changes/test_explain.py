"""`explain`: contributions of changed rows add up, and both ends equal `compare`."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from marketlake.answers import explain
from marketlake.answers.explain import MovedFigure
from marketlake.lake import Lake
from marketlake.model.errors import EmptyLakeError, UsageError

from ..lakes import BTC, EUR, SHARE, bar, make
from .histories import MOMENTS, History, Version, values

ENDS = [MOMENTS[0], MOMENTS[2], MOMENTS[5], MOMENTS[7]]
BASES = ("price", "total", "vendor_adjusted")
CONVENTIONS = ("year_end", "first_to_last", "december_average")


def random_history(seed: int) -> History:
    """A share, a coin and euros around three year ends, with dividends, splits, late and restated rows."""
    random, versions = Random(seed), []
    days = [
        date(y, m, d) for y in (2019, 2020, 2021) for m, d in ((1, 4), (6, 5), (12, 10), (12, 28), (12, 30))
    ]
    for instrument, level in ((BTC, 100.0), (SHARE, 50.0), (EUR, 1.1)):
        for day in days:
            first = MOMENTS[0] if random.random() < 0.7 else random.choice(MOMENTS[1:])
            event = instrument is SHARE and random.random() < 0.4
            version = bar(instrument, day, round(level * random.uniform(0.9, 1.1), 4), observed_at=first)
            version |= {"dividend": 1.5 if event else 0.0}
            versions.append(version)
            if random.random() < 0.6 and first < MOMENTS[-1]:
                versions.append(_restated(random, instrument is SHARE, version))
    return History((BTC, SHARE, EUR), versions)


def _restated(random: Random, share: bool, version: Version) -> Version:
    seen = random.choice([m for m in MOMENTS if m > version["observed_at"]])
    changed = version | {
        "observed_at": seen,
        "known_at": seen,
        "close": version["close"] * random.uniform(0.8, 1.2),
    }
    if share and random.random() < 0.5:
        changed |= {"dividend": 2.0, "split": random.choice([1.0, 2.0])}
    return changed


@pytest.fixture(scope="module", params=[3, 4])
def history(request: pytest.FixtureRequest) -> History:
    return random_history(request.param)


@pytest.fixture(scope="module")
def lake(history: History, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return history.write(tmp_path_factory.mktemp("lake"))


def figure(lake: Path, name: str, **terms: Any) -> MovedFigure:
    return next(one for one in Lake(lake).explain(**terms).figures if one.figure == name)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize(("basis", "currency"), [*((basis, None) for basis in BASES), ("total", "EUR")])
def test_contributions_add_up_and_ends_equal_compare(
    lake: Path, basis: str, currency: str | None, convention: str
) -> None:
    terms = {"start": 2020, "end": 2021, "basis": basis, "convention": convention}
    terms |= {"currency": currency}
    moved = 0
    for since, until in ((ENDS[0], ENDS[3]), (ENDS[1], ENDS[2])):
        ends = [
            Lake(lake).compare(["BTC", "SHARE"], as_of=moment, strict=True, risk=True, **terms)
            for moment in (since, until)
        ]
        for one in Lake(lake).explain(["BTC", "SHARE"], since, until, **terms).figures:
            if one.first_year == one.last_year:
                before, after = (_return(end, one) for end in ends)
                assert one.before == (None if before is None else pytest.approx(before, rel=1e-12, abs=1e-14))
                assert one.after == (None if after is None else pytest.approx(after, rel=1e-12, abs=1e-14))
            if one.difference is None:
                assert one.parts == ()
                continue
            scale = max(1.0, abs(one.before), abs(one.after))
            total = math.fsum(part.contribution for part in one.parts)
            assert abs(total - one.difference) <= 1e-15 * scale
            moved += len(one.parts)
    assert moved > 3


def _return(answer: Any, one: MovedFigure) -> float | None:
    row = next(row for row in answer.rows if row.year == one.first_year)
    return next(r.simple_return for r in row.returns if r.instrument_id == one.instrument_id)


def test_each_contribution_is_the_effect_of_replacing_its_row(history: History, lake: Path) -> None:
    """Against plain Python: the price return from the last rows of the year and of the year before."""
    since, until = ENDS[0], ENDS[3]
    before, after = history.held(since), history.held(until)
    one = figure(lake, "2020", ids=["SHARE"], since=since, until=until)
    rows = {key: version for key, version in before.items() if key[0] == "SHARE"}
    parts, reached = {}, _price_return(rows, 2020)
    changed = [
        k for k in after if k[0] == "SHARE" and (k not in before or values(before[k]) != values(after[k]))
    ]
    for key in sorted(changed, key=lambda key: key[1]):
        rows[key] = after[key]
        value = _price_return(rows, 2020)
        if abs(value - reached) > 1e-12:
            parts[key[1]] = value - reached
            reached = value
    assert {part.change.session: part.contribution for part in one.parts} == pytest.approx(parts, rel=1e-9)
    assert parts


def _price_return(rows: dict[tuple[str, date], Version], year: int) -> float:
    start = max(key for key in rows if key[1].year == year - 1)
    end = max(key for key in rows if key[1].year == year)
    splits = math.prod(rows[key]["split"] for key in rows if start[1] < key[1] <= end[1])
    return rows[end]["close"] * splits / rows[start]["close"] - 1


def test_only_changes_that_affect_the_figure_are_listed(tmp_path: Path) -> None:
    """A restatement within the year affects no price return; a dividend affects the total return."""
    ends = [bar(SHARE, day, 100.0, observed_at=MOMENTS[0]) for day in ("2019-12-31", "2020-12-31")]
    old = bar(SHARE, "2020-06-01", 80.0, observed_at=MOMENTS[0])
    new = old | {"close": 81.0, "dividend": 1.0, "observed_at": MOMENTS[1], "known_at": MOMENTS[1]}
    lake = History((SHARE,), [*ends, old, new]).write(tmp_path)
    price, total = (
        figure(lake, "2020", ids=["SHARE"], since=MOMENTS[0], basis=basis) for basis in ("price", "total")
    )
    assert (price.moved, price.parts) == (False, ())
    [part] = total.parts
    assert (part.change.kind, part.contribution) == ("dividend", pytest.approx(82 / 81 - 1, rel=1e-12))


def test_a_changed_exchange_rate_is_listed(tmp_path: Path) -> None:
    days = ("2019-12-31", "2020-12-31")
    shares = [bar(SHARE, day, 100.0, observed_at=MOMENTS[0]) for day in days]
    rates = [bar(EUR, day, 1.25, observed_at=MOMENTS[0]) for day in days]
    late = rates[1] | {"close": 1.0, "observed_at": MOMENTS[1], "known_at": MOMENTS[1]}
    lake = History((SHARE, EUR), [*shares, *rates, late]).write(tmp_path)
    [part] = figure(lake, "2020", ids=["SHARE"], since=MOMENTS[0], currency="EUR").parts
    assert (part.change.instrument_id, part.contribution) == ("EUR", pytest.approx(0.25, rel=1e-12))
    assert not figure(lake, "2020", ids=["SHARE"], since=MOMENTS[0]).moved


def test_no_movement_without_changes(lake: Path) -> None:
    for moment in ENDS:
        for one in Lake(lake).explain(["BTC", "SHARE"], moment, moment, basis="total").figures:
            assert (one.moved, one.parts) == (False, ())


def test_no_difference_without_an_earlier_figure(lake: Path) -> None:
    answer = Lake(lake).explain(["BTC"], datetime(2021, 1, 1, tzinfo=UTC), start=2020, end=2020)
    [one] = answer.figures
    assert (one.before, one.difference, one.parts) == (None, None, ())
    assert one.after is not None


def test_first_rows_are_not_replaced_one_by_one(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poses = []
    monkeypatch.setattr(explain, "_step_returns", lambda reader, values, count: poses.append(count) or [])
    Lake(lake).explain(["BTC"], datetime(2021, 1, 1, tzinfo=UTC))
    assert poses == [2]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"ids": []}, "name at least one"),
        ({"basis": "guess"}, "must be one of"),
        ({"convention": "guess"}, "must be one of"),
        ({"start": 2021, "end": 2020}, "swap"),
        ({"until": datetime(2000, 1, 1, tzinfo=UTC)}, "swap"),
        ({"ids": ["NOBODY"]}, "unknown instrument"),
    ],
)
def test_invalid_arguments_are_usage_errors(lake: Path, terms: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Lake(lake).explain(**{"ids": ["BTC"], "since": ENDS[0]} | terms)


def test_explain_fails_for_an_instrument_without_bars(tmp_path: Path) -> None:
    lake = make(tmp_path, [BTC, SHARE], [bar(BTC, "2020-01-01", 1.0)])
    with pytest.raises(EmptyLakeError, match="no bars of SHARE"):
        Lake(lake).explain(["SHARE"], ENDS[0])
