"""What each check finds, and how each way out that its remedy names is followed."""

from __future__ import annotations

import random
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from marketlake.engine.checks import checks
from marketlake.model.calendars import load_calendar

from ..universes import entry

FIRST, LAST = date(2024, 1, 1), date(2024, 4, 30)
DAY = date(2024, 3, 1)
"""The session of most findings, outside the days that a daily run fetches again."""
PRICES = ("open", "high", "low", "close")
FIELDS = (*PRICES, "volume", "dividend", "split")
REMEDY = {check.name: check.remedy for check in checks()}
COMMAND = re.compile(r"`marketlake ([a-z]+)((?: [^`]*)?)`")

Row = dict[str, Any]
Series = Mapping[date, Row]
Pairs = list[tuple[date, Row]]


def walk(seed: int = 7, close: float = 100.0) -> Series:
    """A walk of 1 % a day with plausible ranges."""
    chance, found = random.Random(seed), dict[date, Row]()
    for number in range((LAST - FIRST).days + 1):
        start, close = close, close * (1 + chance.uniform(-0.01, 0.01))
        high, low = max(start, close) * 1.002, min(start, close) * 0.998
        values = (start, high, low, close, 1000 + number, 0.0, 1.0)
        found[FIRST + timedelta(days=number)] = dict(zip(FIELDS, values, strict=True))
    return found


def scaled(series: Series, factor: float, *days: date) -> Series:
    """Prices times a factor, on these days or on all."""
    return {
        day: row | {name: row[name] * factor for name in PRICES} if day in (days or series) else row
        for day, row in series.items()
    }


def changed(series: Series, **values: float) -> Series:
    return {**series, DAY: series[DAY] | values}


def since(series: Series, first: date) -> Series:
    return {day: row for day, row in series.items() if day >= first}


def without(series: Series, *gone: date) -> Series:
    return {day: row for day, row in series.items() if day not in gone}


def after(days: int, start: date = DAY) -> date:
    return start + timedelta(days=days)


def paid(**dividends: float) -> Series:
    """Dividends by the number of days after `DAY`."""
    wanted = {
        after(int(name[1:]) * (-1 if name[0] == "m" else 1)): value for name, value in dividends.items()
    }
    return {day: row | {"dividend": wanted.get(day, 0.0)} for day, row in HONEST.items()}


def on_calendar(name: str, late: int = 0) -> Series:
    days = load_calendar(name, LAST).sessions(FIRST, LAST).astype(object)
    return {after(late, day): HONEST[day] for day in days}


def write_csv(path: Path, series: Series | Pairs, currency: str = "") -> None:
    lines = [",".join(["date", *FIELDS, "currency"])]
    for day, row in series.items() if isinstance(series, Mapping) else series:
        lines.append(",".join([str(day), *(repr(row[name]) for name in FIELDS), currency]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


@dataclass
class Operator:
    """Who follows the remedies in a home."""

    home: Path
    queued: dict[str, list[str]] = field(default_factory=dict)
    """Ids by the command that comes after the next run."""

    def serve(self, name: str, series: Series | Pairs, currency: str = "") -> None:
        write_csv(self.home / "files" / f"{name}.csv", series, currency)

    def declare(self, name: str, old: str, new: str) -> None:
        """Change the instrument's entry in instruments.toml."""
        self.rewrite("instruments.toml", name, lambda text: text.replace(old, new))

    def rewrite(self, file: str, name: str, change: Callable[[str], str]) -> None:
        """Change the instrument's entry in a file."""
        path = self.home / file
        entries = re.split(r"(?m)^(?=\[\[)", path.read_text())
        (place,) = [number for number, text in enumerate(entries) if f'= "{name}"\n' in text]
        new = change(entries[place])
        assert new != entries[place]
        path.write_text("".join([*entries[:place], new, *entries[place + 1 :]]))

    def correct(self, name: str, day: date, what: str, old: float, new: float) -> None:
        with (self.home / "corrections.toml").open("a") as file:
            file.write(
                f'[[correction]]\ninstrument = "{name}"\nsession = {day}\nfield = "{what}"\n'
                f'old = {old!r}\nnew = {new!r}\nreason = "another source"\n'
            )

    def queue(self, check: str, name: str, what: str, **values: object) -> None:
        """The command that the remedy names, with these values."""
        (text,) = [text for verb, text in COMMAND.findall(REMEDY[check]) if verb == what]
        known = {"DAY": DAY, "FIRST": DAY, "LAST": DAY} | values
        line = re.sub(r"\b(DAY|FIRST|LAST)\b", lambda match: str(known[match[0]]), what + text)
        self.queued.setdefault(line, []).append(name)

    def commands(self) -> Iterable[list[str]]:
        """Each queued command in words, for all its ids together."""
        for line, names in self.queued.items():
            yield [part for word in shlex.split(line) for part in (names if word == "ID" else [word])]


@dataclass(frozen=True)
class Case:
    """What a vendor serves, and one way out that the remedy of the check names."""

    check: str
    says: str
    """The part of the remedy that is followed."""
    served: Series | Pairs
    follow: Callable[[Operator, Case], None]
    right: Series | None = field(default_factory=lambda: HONEST)
    """What is stored in the end; None is not compared."""
    before: Series | None = None
    """What the vendor served in the run before."""
    yahoo: Series | None = None
    """What the second source serves."""
    calendar: str = "24/7"
    currency: str = ""
    corrects: tuple[float, float] | None = None
    """Old and new close of an entry in corrections.toml."""
    then: Callable[[Operator, Case], None] | None = None
    """What changes before the run that finds it."""
    stays: bool = False
    """Whether the finding is a fact that stays."""

    @property
    def id(self) -> str:
        """The check, numbered where it has several cases."""
        own = [case for case in CASES if case.check == self.check]
        return self.check.upper() + (f"_{own.index(self)}" if own.index(self) else "")

    def listing(self) -> str:
        yahoo = [f"yahoo:{self.id}-USD"] if self.yahoo else []
        usual = {"kind": "equity", "calendar": self.calendar, "since": FIRST}
        return entry(self.id, f"files:{self.id}.csv", *yahoo, **usual).lstrip()


Follow = Callable[[Operator, Case], None]


def corrected(operator: Operator, case: Case) -> None:
    """A correction of each value that is wrong."""
    assert case.right
    for day, row in dict(case.served).items():
        for what in FIELDS:
            if row[what] != case.right[day][what]:
                operator.correct(case.id, day, what, row[what], case.right[day][what])


def served_right(operator: Operator, case: Case) -> None:
    """The vendor's next answer is right."""
    assert case.right
    operator.serve(case.id, case.right)


def nothing(operator: Operator, case: Case) -> None:
    """No action is needed."""


def declared(old: str, new: str) -> Follow:
    """A change of instruments.toml; ID stands for the instrument."""
    return lambda operator, case: operator.declare(
        case.id, old.replace("ID", case.id), new.replace("ID", case.id)
    )


def commanded(what: str, **values: object) -> Follow:
    """The remedy's command."""
    return lambda operator, case: operator.queue(case.check, case.id, what, **values)


def entry_removed(operator: Operator, case: Case) -> None:
    operator.rewrite("corrections.toml", case.id, lambda text: "")


def old_set(operator: Operator, case: Case) -> None:
    """The entry's old value is set to the vendor's, which is stored."""
    text = f"old = {RIGHT['close']!r}"
    operator.rewrite("corrections.toml", case.id, lambda entry: re.sub(r"old = .*", text, entry))


def both(*steps: Follow) -> Follow:
    def follow(operator: Operator, case: Case) -> None:
        for step in steps:
            step(operator, case)

    return follow


def new_ids(operator: Operator, case: Case) -> None:
    """Each of the two histories under a new id."""
    usual = {"kind": "equity", "calendar": "24/7"}
    one = entry("BEFORE_GAP", f"files:{case.id}.csv", **usual, since=f"{FIRST}\nuntil = {after(-46)}")
    other = entry("AFTER_GAP", f"files:{case.id}.csv", **usual, since=DAY)
    operator.rewrite("instruments.toml", case.id, lambda text: one + other)


def renamed(operator: Operator, case: Case) -> None:
    """The entry names another file, with the same prices."""
    operator.serve("NEW", HONEST)
    operator.declare(case.id, f"{case.id}.csv", "NEW.csv")


FILES, YAHOO = '{ source = "files", symbol = "ID.csv" }', '{ source = "yahoo", symbol = "ID-USD" }'
HONEST = walk()
RIGHT, CLOSE = HONEST[DAY], HONEST[DAY]["close"]
OTHER = walk(9, 33.0)
RESCALED = scaled(HONEST, 1.27)
EARLY = without(HONEST, *since(HONEST, after(-30, LAST)))
FAR = since(scaled(HONEST, 3.0), after(-4, LAST))
HALVED = {**scaled(HONEST, 0.5, *since(HONEST, DAY)), DAY: scaled(HONEST, 0.5)[DAY] | {"split": 2.0}}
PAID = paid(m50=0.5, p20=0.5)
NEGATIVE = changed(HONEST, **dict.fromkeys(PRICES, -37.63))
SPIKED, JUMPED = scaled(HONEST, 1.3, DAY), scaled(HONEST, 0.45, *since(HONEST, DAY))
PENCE = scaled(HONEST, 100.0, *since(HONEST, DAY))
STALE = {day: RIGHT | {"volume": 0.0} if DAY <= day <= after(5) else row for day, row in HONEST.items()}
GAP = without(HONEST, *(after(-n) for n in range(1, 46)))
TWICE = [*HONEST.items(), (DAY, scaled(HONEST, 1.1)[DAY])]
UNSORTED = sorted(HONEST.items(), key=lambda pair: pair[0] if pair[0] != after(-9) else DAY)
REVISED = {
    day: row | {"close": row["close"] * (1.0003 if day.day % 2 else 0.9997)}
    if day > after(-10, LAST)
    else row
    for day, row in HONEST.items()
}
OFF = scaled(HONEST, 1.02, DAY)
TOMORROW = after(1, LAST)
"""Not over before the run that follows the remedies."""
RIYADH, NEW_YORK = on_calendar("XSAU"), on_calendar("XNYS")

AGAIN = "the next run requests"
VENDOR = "if the vendor's new figures are right"
SPLIT, DIVIDEND, RANGE = (f"a correction of {what}" for what in ("split", "dividend", "high or low"))
WRONG = "a correction where the vendor is wrong"

CASES = (
    Case("served_twice", AGAIN, TWICE, served_right),
    Case("served_twice", "serves it only once", TWICE, both(served_right, commanded("backfill"))),
    Case(
        "wrong_currency",
        "quote_currency",
        HONEST,
        declared("id", 'quote_currency = "EUR"\nid'),
        currency="EUR",
    ),
    Case("unsorted", "none needed if the prices are right", UNSORTED, nothing, stays=True),
    Case("rescaled", AGAIN, RESCALED, served_right, before=HONEST),
    Case("rescaled", VENDOR, RESCALED, commanded("backfill", DAY=FIRST), RESCALED, HONEST),
    Case("other_series", AGAIN, OTHER, served_right, before=HONEST),
    Case("other_series", VENDOR, OTHER, commanded("backfill", DAY=FIRST), OTHER, HONEST),
    Case("no_overlap", AGAIN, FAR, served_right, before=EARLY),
    Case("no_overlap", VENDOR, FAR, commanded("backfill", DAY=FIRST), {**EARLY, **FAR}, EARLY),
    Case(
        "symbol_changed",
        "confirms the symbol",
        HONEST,
        commanded("backfill", DAY=FIRST),
        before=HONEST,
        then=renamed,
    ),
    Case(
        "symbol_changed",
        "correct the symbol",
        HONEST,
        declared("NEW.csv", "ID.csv"),
        before=HONEST,
        then=renamed,
    ),
    Case(
        "mass_revision",
        "compare another source",
        REVISED,
        both(commanded("reconcile"), commanded("changes")),
        REVISED,
        HONEST,
        REVISED,
        stays=True,
    ),
    Case(
        "correction_mismatch",
        "set old to what the vendor now serves",
        HONEST,
        old_set,
        changed(HONEST, close=CLOSE * 1.001),
        corrects=(55.0, CLOSE * 1.001),
    ),
    Case("correction_mismatch", "remove the entry", HONEST, entry_removed, corrects=(55.0, CLOSE * 1.001)),
    Case("correction_not_needed", "remove the entry", HONEST, entry_removed, corrects=(55.0, CLOSE)),
    Case("split_not_applied", AGAIN, changed(HONEST, split=3000.0), served_right),
    Case("split_not_applied", SPLIT, changed(HONEST, split=3000.0), corrected),
    Case(
        "split_not_applied",
        "another source first",
        changed(HONEST, split=3000.0),
        declared(f"{FILES}, {YAHOO}", f"{YAHOO}, {FILES}"),
        yahoo=HONEST,
    ),
    Case("unit_change", AGAIN, PENCE, served_right),
    Case("unit_change", "correct the sessions", scaled(HONEST, 100.0, after(-1, LAST), LAST), corrected),
    Case(
        "unit_change",
        "list another source first",
        PENCE,
        declared(f"{FILES}, {YAHOO}", f"{YAHOO}, {FILES}"),
        yahoo=HONEST,
    ),
    Case("shifted_dates", AGAIN, on_calendar("XNYS", 1), served_right, NEW_YORK, calendar="XNYS"),
    Case("shifted_dates", "the calendar", RIYADH, declared("XNYS", "XSAU"), RIYADH, calendar="XNYS"),
    Case(
        "not_positive",
        "otherwise add a correction",
        changed(HONEST, low=-5.0),
        both(corrected, commanded("reconcile")),
        yahoo=HONEST,
    ),
    Case(
        "not_positive",
        "set negative_prices = true",
        NEGATIVE,
        declared("id", "negative_prices = true\nid"),
        NEGATIVE,
    ),
    Case("split_ratio", SPLIT, changed(HALVED, split=5000.0), corrected, HALVED),
    Case("dividend_size", DIVIDEND, changed(HONEST, dividend=150.0), corrected),
    Case("unit_spike", AGAIN, scaled(HONEST, 100.0, DAY), served_right),
    Case("unit_spike", "add a correction", scaled(HONEST, 100.0, DAY), corrected),
    Case("high_below_low", RANGE, changed(HONEST, high=50.0), corrected),
    Case("far_outside_range", "a correction of the field", changed(HONEST, open=1.0), corrected),
    Case("close_outside_range", "a correction", changed(HONEST, high=CLOSE * 0.999), corrected),
    Case("open_outside_range", "a correction of open", changed(HONEST, open=RIGHT["high"] * 1.01), corrected),
    Case("high_just_below_low", RANGE, changed(HONEST, high=RIGHT["low"] * 0.999), corrected),
    Case("range_spike", RANGE, changed(HONEST, high=RIGHT["high"] * 1.3), corrected),
    Case("off_calendar", "choose a calendar", HONEST, declared("XNYS", "24/7"), calendar="XNYS"),
    Case("jump", WRONG, scaled(HONEST, 2.2, DAY), corrected),
    Case("jump", "where the sources agree", JUMPED, commanded("reconcile"), JUMPED, yahoo=JUMPED),
    Case("spike", WRONG, SPIKED, corrected),
    Case("spike", "where the sources agree", SPIKED, commanded("reconcile"), SPIKED, yahoo=SPIKED),
    Case("reused_ticker", "new ids", scaled(GAP, 20.0, *since(GAP, DAY)), new_ids, None),
    Case("reused_ticker", "where the price is wrong", scaled(GAP, 20.0, DAY), corrected, GAP),
    Case("split_suspected", SPLIT, changed(HALVED, split=1.0), corrected, HALVED),
    Case(
        "stale_repeat",
        "once the vendor has them",
        STALE,
        both(served_right, commanded("reconcile"), commanded("backfill")),
        yahoo=HONEST,
    ),
    Case("dividend_not_in_price", DIVIDEND, changed(HONEST, dividend=12.0), corrected),
    Case("dividend_out_of_line", DIVIDEND, paid(m50=0.5, p20=0.005), corrected, PAID),
    Case("dividend_repeated", "0 where it was paid once", paid(m50=0.5, p20=0.5, p25=0.5), corrected, PAID),
    Case(
        "missing_session",
        "`marketlake backfill",
        without(HONEST, DAY),
        both(served_right, commanded("backfill")),
    ),
    Case(
        "missing_session",
        "with `--source NAME`",
        without(HONEST, DAY),
        commanded("backfill", LAST=f"{DAY} --source yahoo"),
        yahoo=HONEST,
    ),
    Case("late", "set `until`", EARLY, declared("id", f"until = {after(-31, LAST)}\nid"), EARLY),
    Case("sources_disagree", "a correction", OFF, both(corrected, commanded("reconcile")), yahoo=HONEST),
    Case(
        "sources_disagree",
        "another order of sources",
        {**OFF, TOMORROW: scaled(HONEST, 1.02)[LAST]},
        declared(f"{FILES}, {YAHOO}", f"{YAHOO}, {FILES}"),
        {**OFF, TOMORROW: HONEST[LAST]},
        yahoo={**HONEST, TOMORROW: HONEST[LAST]},
        stays=True,
    ),
    Case(
        "correction_not_applied",
        "set old in corrections.toml to the stored value",
        HONEST,
        old_set,
        changed(HONEST, close=CLOSE * 1.001),
        HONEST,
        corrects=(55.0, CLOSE * 1.001),
    ),
    Case(
        "correction_not_applied",
        "remove the entry",
        HONEST,
        entry_removed,
        before=HONEST,
        corrects=(55.0, CLOSE * 1.001),
    ),
)
