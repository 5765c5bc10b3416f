"""The standard metrics by polars, from the files of the same daily mart."""

from __future__ import annotations

from datetime import date

import polars as pl

from .lakes import Lake


def scoreboard(lake: Lake, window: tuple[date, date]) -> pl.DataFrame:
    """One row per instrument_id; prices, over zero. Only the files of the window's years are read."""
    # its streaming engine is the faster one here
    return _query(lake, window).collect(engine="streaming")


def _query(lake: Lake, window: tuple[date, date]) -> pl.LazyFrame:
    first, last = window
    folder = lake.job.root / "daily_return" / "asset_class=equity"
    files = [folder / f"year={year}" / "part.parquet" for year in range(first.year, last.year + 1)]
    stored = pl.scan_parquet(files, hive_partitioning=False)
    inside = stored.filter(pl.col("session").is_between(first, last))
    # by the number, as in SQL; the text would take several times as long
    summed = inside.group_by("instrument_key").agg(*_sums())
    days = (pl.col("last_session") - pl.col("start_session")).dt.total_days()
    per_year = 252**0.5
    return (
        summed.with_columns(cagr=pl.col("growth") ** (365.25 / days) - 1)
        .select(
            "instrument_id",
            "max_drawdown",
            "best_period",
            "worst_period",
            "skew",
            "kurtosis",
            "cagr",
            total_return=pl.col("growth") - 1,
            volatility=pl.col("deviation") * per_year,
            downside_deviation=(pl.col("downside") / pl.col("n")).sqrt() * per_year,
            sharpe=pl.col("mean") / pl.col("deviation") * per_year,
            sortino=pl.col("mean") / (pl.col("downside") / pl.col("n")).sqrt() * per_year,
            calmar=pl.col("cagr") / pl.col("max_drawdown").abs(),
            positive_share=pl.col("positive") / pl.col("n"),
        )
        .sort("instrument_id")
    )


def _sums() -> list[pl.Expr]:
    simple = pl.col("price_return")
    worth = (1 + simple.fill_null(0)).cum_prod()
    return [
        pl.col("instrument_id").first(),
        simple.count().alias("n"),
        simple.mean().alias("mean"),
        simple.std().alias("deviation"),
        (simple.clip(upper_bound=0) ** 2).sum().alias("downside"),
        (simple > 0).sum().alias("positive"),
        simple.max().alias("best_period"),
        simple.min().alias("worst_period"),
        simple.skew().alias("skew"),
        simple.kurtosis().alias("kurtosis"),
        worth.last().alias("growth"),
        (worth / pl.max_horizontal(worth.cum_max(), pl.lit(1.0)) - 1).min().alias("max_drawdown"),
        pl.coalesce(pl.col("start_session"), pl.col("session")).min().alias("start_session"),
        pl.col("session").max().alias("last_session"),
    ]
