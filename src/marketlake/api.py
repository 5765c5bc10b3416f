"""The Python interface: `import marketlake as ml; lake = ml.open()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import claims, query
from .location import is_url
from .measured import listed
from .query import Comparison, ManyComparison
from .query.tabular import Table
from .revised import RevisedLake
from .settings import load_settings
from .when import Day, Moment, day_of, moment_of

if TYPE_CHECKING:
    from .portfolio import Plan, PortfolioAnswer
    from .query.matrix_answer import Matrix


@dataclass(frozen=True)
class Lake(RevisedLake):
    """One lake, to be asked; every answer reads what is published at that moment.

    Every answer but `claims` and `report` is also a table: `.to_arrow()`, `.to_pandas()`, `.to_polars()`. A
    session is a date (or its ISO text), a moment a datetime (or its ISO text; UTC where it has no offset).
    Errors are those of `marketlake.errors`.
    """

    def prices(
        self,
        ids: Sequence[str],
        *,
        start: Day | None = None,
        end: Day | None = None,
        basis: str = "as_traded",
        currency: str | None = None,
        as_of: Moment | None = None,
        strict: bool = False,
    ) -> Table:
        """Bars as traded, or the index of a basis, a row an instrument and session: see `query.prices`."""
        found = query.prices(
            self.path,
            listed(ids),
            start=day_of(start),
            end=day_of(end),
            basis=basis,
            currency=currency,
            as_of=moment_of(as_of),
            strict=strict,
        )
        return Table(found)

    def report(self, path: Path | None = None) -> Path:
        """Write the page to look at, to `path` or beside `market.duckdb`; returns where: see `report`."""
        # imported here: numpy and the charts, which no other answer needs
        from .report import write_report

        return write_report(self.path, path)

    def compare(
        self,
        a: str,
        b: str,
        *,
        first_year: int | None = None,
        last_year: int | None = None,
        currency: str | None = None,
        basis: str = "price",
        real: bool = False,
        convention: str = "year_end",
        sessions: str = "own",
        as_of: Moment | None = None,
        strict: bool = False,
        risk: bool = False,
    ) -> Comparison:
        """Two instruments by calendar year, as fractions: see `query.compare`."""
        return query.compare(
            self.path,
            a,
            b,
            first_year=first_year,
            last_year=last_year,
            currency=currency,
            basis=basis,
            real=real,
            convention=convention,
            sessions=sessions,
            as_of=moment_of(as_of),
            strict=strict,
            risk=risk,
        )

    def compare_many(
        self,
        ids: Sequence[str],
        *,
        first_year: int | None = None,
        last_year: int | None = None,
        currency: str | None = None,
        basis: str = "price",
        real: bool = False,
        convention: str = "year_end",
        sessions: str = "own",
        as_of: Moment | None = None,
        strict: bool = False,
    ) -> ManyComparison:
        """Two or more instruments by calendar year and over all years: see `query.compare_many`."""
        return query.compare_many(
            self.path,
            listed(ids),
            first_year=first_year,
            last_year=last_year,
            currency=currency,
            basis=basis,
            real=real,
            convention=convention,
            sessions=sessions,
            as_of=moment_of(as_of),
            strict=strict,
        )

    def matrix(
        self,
        ids: Sequence[str] | None = None,
        *,
        start: Day | None = None,
        end: Day | None = None,
        frequency: str = "daily",
        currency: str | None = None,
        basis: str = "price",
        real: bool = False,
        convention: str = "year_end",
        as_of: Moment | None = None,
        strict: bool = False,
    ) -> Matrix:
        """Years won and correlations of all against all: see `query.matrix.matrix`."""
        # imported here: numpy, which the other answers do without
        from .query.matrix import matrix

        return matrix(
            self.path,
            ids if ids is None else listed(ids),
            start=day_of(start),
            end=day_of(end),
            frequency=frequency,
            currency=currency,
            basis=basis,
            real=real,
            convention=convention,
            as_of=moment_of(as_of),
            strict=strict,
        )

    def claims(self, claim_id: str | None = None) -> tuple[claims.Entry, ...]:
        """The claim ledger of the last build, or one claim of it: see `claims.read_ledger`."""
        return claims.read_ledger(self.path, claim_id)

    def portfolio(
        self,
        plan: Plan | str,
        terms: Mapping[str, object] | None = None,
        *,
        start: Day | None = None,
        end: Day | None = None,
        currency: str | None = None,
        horizon: int | None = None,
        risk_free: float | str | None = None,
        as_of: Moment | None = None,
        strict: bool = False,
    ) -> PortfolioAnswer:
        """A plan, or its text or file with `terms` (see `portfolio.read_plan`), put to the lake."""
        # imported here: numpy, which the other answers do without
        from .portfolio import portfolio, read_plan

        return portfolio(
            self.path,
            read_plan(plan, terms) if isinstance(plan, str) else plan,
            start=day_of(start),
            end=day_of(end),
            currency=currency,
            horizon=horizon,
            risk_free=risk_free,
            as_of=moment_of(as_of),
            strict=strict,
        )

    def sql(self, text: str) -> Table:
        """The answer of one reading statement on `market.duckdb`."""
        return Table(query.sql_table(self.path, text))

    def instruments(self) -> Table:
        """What the lake knows of each instrument, in the order of `instruments.toml`."""
        return self.sql("FROM instrument ORDER BY rowid")


def open(lake: str | Path | None = None, home: str | Path | None = None) -> Lake:
    """The lake named, else the one that the settings of `home` (default: MARKETLAKE_HOME, else here) name."""
    settings = load_settings(
        home=Path(home) if home is not None else None, lake=None if lake is None else _place(str(lake))
    )
    return Lake(settings.lake)


def _place(lake: str) -> str:
    """A relative folder is meant from here, not from the home."""
    return lake if is_url(lake) else str(Path(lake).resolve())
