"""Every metric: name, kind and unit; the text is `sql/metric/<name>.sql`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .sql_text import PARAMETER, bound, chained, parts_of, statement


@dataclass(frozen=True)
class Metric:
    """One text of `sql/metric` with one figure per instrument."""

    name: str
    label: str
    """The usual name in finance, for display."""
    kind: str
    """span (the whole window), own (periods) or pair (periods with the benchmark)."""
    unit: str
    annualised: bool = False
    excess: bool = False
    """Whether it needs the risk-free return."""
    is_return: bool = False
    """For fractions: display with a sign, also a plus."""
    reads: tuple[str, ...] = ()
    """Other metrics that its text reads, in order."""


METRICS: Final = (
    Metric("total_return", "total return", "span", "fraction", is_return=True),
    Metric("log_return", "log return", "span", "log"),
    Metric("cagr", "CAGR", "span", "fraction", is_return=True),
    Metric("volatility", "volatility", "own", "fraction", annualised=True),
    Metric("downside_deviation", "downside deviation", "own", "fraction", annualised=True),
    Metric("sharpe", "Sharpe", "own", "ratio", annualised=True, excess=True),
    Metric("sortino", "Sortino", "own", "ratio", annualised=True, excess=True),
    Metric("max_drawdown", "maximum drawdown", "own", "fraction", reads=("drawdown",)),
    Metric("calmar", "Calmar", "own", "ratio", reads=("drawdown", "max_drawdown", "cagr")),
    Metric("best_period", "best period", "own", "fraction", is_return=True),
    Metric("worst_period", "worst period", "own", "fraction", is_return=True),
    Metric("positive_share", "positive periods", "own", "fraction"),
    Metric("skew", "skew", "own", "ratio"),
    Metric("kurtosis", "kurtosis", "own", "ratio"),
    Metric("value_at_risk", "VaR 95 %", "own", "fraction"),
    Metric("expected_shortfall", "expected shortfall 95 %", "own", "fraction", reads=("value_at_risk",)),
    Metric("correlation", "correlation", "pair", "ratio"),
    Metric("beta", "beta", "pair", "ratio", excess=True),
    Metric(
        "alpha", "alpha", "pair", "fraction", annualised=True, excess=True, reads=("beta",), is_return=True
    ),
    Metric("tracking_error", "tracking error", "pair", "fraction", annualised=True),
    Metric("information_ratio", "information ratio", "pair", "ratio", annualised=True),
    Metric("up_capture", "up capture", "pair", "ratio"),
    Metric("down_capture", "down capture", "pair", "ratio"),
)
BY_NAME: Final = {metric.name: metric for metric in METRICS}
_SPANS: Final = {"daily": "1 day", "weekly": "1 week", "monthly": "1 month"}
_OF_PERIODS: Final = frozenset({"value_at_risk", "expected_shortfall"})
TABLES: Final = ("drawdown", "rolling_return", "calendar_return", "rolling_benchmark")
"""Texts of `sql/metric` with several rows per instrument."""


def label_of(name: str, frequency: str = "daily") -> str:
    """The display name of a metric; for a loss of one period with the period: VaR 95 % (1 day)."""
    label = BY_NAME[name].label
    return f"{label} ({_SPANS[frequency]})" if name in _OF_PERIODS else label


DAY_NUMBER: Final = "unix_date(d) AS CAST(d - DATE '1970-01-01' AS INTEGER)"
"""A function with different names in the engines; in Spark it is built in under this name."""

BARS: Final = "stored_bar"
"""The table of the bars that a query reads."""

SOURCES: Final[dict[str, str]] = {
    "instrument": "query/instrument",
    "suspect_session": "query/suspect_session",
    "rate_day": "query/rate_day",
    "exchange_rate": "query/exchange_rate",
    "return_index": "view/return_index",
}
RELATIONS: Final = (
    "consumer_price",
    "metric_level",
    "metric_return",
    "grid_calendar",
    "grid_session",
    "metric_grid",
    "bill_day",
    "metric_period",
    "month_period",
    "period_return",
    "pair_return",
    "metric_span",
    "metric_quality",
    "metric_label",
    "period_quality",
)
"""The inputs of the metrics; each reads those before it. month_period is metric_period by month."""
SCOREBOARD: Final = tuple(name for name in RELATIONS if name != "period_quality")
"""The inputs of figures over a whole window."""
SERIES: Final = tuple(name for name in RELATIONS if name not in {"month_period", "metric_label"})
"""The inputs of figures per period."""
_ARGUMENTS: Final[Mapping[str, str]] = {
    "wanted": "list_append($ids, $benchmark)",
    "simulated": "CAST([] AS VARCHAR[])",
    "real": "(cpi <> '')",
    "due_day": "least(last_day, (SELECT CAST(max(built_at) AS DATE) - 1 FROM main.lake))",
    "periods": "coalesce(periods, CASE frequency WHEN 'weekly' THEN 52 WHEN 'monthly' THEN 12 ELSE 252 END)",
}
_IDS: Final = {name: f"${name}" for name in ("benchmark", "cpi", "bill")}
"""Stay parameters in the text of a macro, which `macro.create_macros` replaces by ids."""
_OPTIONS: Final = {
    "benchmark": "''",
    "frequency": "'daily'",
    "basis": "'price'",
    "sessions": "'own'",
    "currency": "CAST(NULL AS VARCHAR)",
    "cpi": "''",
    "risk_free": "0.0",
    "bill": "''",
    "annualise": "CAST(NULL AS DOUBLE)",
    "annualise_short": "FALSE",
}
SIGNATURE: Final = ", ".join(["ids, first_day, last_day", *(f"{k} := {v}" for k, v in _OPTIONS.items())])


def bars(text: str, values: Mapping[str, object]) -> str:
    """The bars of a text, in the columns that `RELATIONS` read."""
    return bound(
        f"SELECT instrument_id, session, close, dividend, split, known_at FROM ({statement(text)})",  # noqa: S608
        values,
    )


def relation(name: str, values: Mapping[str, object]) -> str:
    """The query of one of `RELATIONS`, where those before it and `BARS` are tables."""
    text = _relation(name)
    sources = {"bar": f"FROM {BARS}"} | {part: statement(text) for part, text in SOURCES.items()}
    return bound(chained(parts_of(text, sources), text), values)


def figures(metric: Metric, values: Mapping[str, object]) -> str:
    """The query of a metric's figures, where `RELATIONS` and the drawdowns are tables."""
    return bound(_with_figure(metric, known=("drawdown",)), values)


def table(name: str, values: Mapping[str, object]) -> str:
    """The query of one of `TABLES`, where `RELATIONS` are tables."""
    return bound(statement(f"metric/{name}"), values)


def macros() -> Iterator[str]:
    """The statements that make every metric a table macro `metric_<name>` of a database."""
    everything = {"bar": "metric_input/bar_wanted"} | SOURCES
    parts = {name: statement(text) for name, text in everything.items()}
    parts |= {name: _relation(name) for name in RELATIONS}
    for metric in METRICS:
        yield _macro(metric.name, SIGNATURE, _with_figure(metric), parts)
    yield _all_metrics(parts)
    for name in TABLES:
        more = ", periods := NULL" if name == "rolling_benchmark" else ""
        yield _macro(name, SIGNATURE + more, statement(f"metric/{name}"), parts)


_EVERY: Final = "first_day := NULL, last_day := NULL, basis := 'price'"
_FIGURE: Final = (
    "f.metric, f.instrument_id, f.value, f.n, f.first_session, f.last_session, f.periods_per_year, f.basis, "
    "f.currency, f.quality"
)
_NO_LATER: Final = "coalesce(CAST(last_day AS DATE), DATE '9999-12-31')"


def _all_metrics(parts: Mapping[str, str]) -> str:
    """The macro with every metric that needs no benchmark, by default over the common window."""
    first, last = "(SELECT begins FROM common_span)", "(SELECT ends FROM common_span)"
    usual = {name: value for name, value in _OPTIONS.items() if name != "basis"}
    window = {"first_day": first, "last_day": last, "ids": "$ids", "wanted": "$ids", "real": "FALSE"}
    due = {"due_day": _ARGUMENTS["due_day"].replace("last_day", _NO_LATER)}
    figures_of = (_with_figure(metric) for metric in METRICS if metric.kind != "pair")
    text = " UNION ALL ".join(f"SELECT {_FIGURE} FROM ({one}) AS f" for one in figures_of)  # noqa: S608 (our texts)
    given = {"first_day": "CAST(first_day AS DATE)", "last_day": "CAST(last_day AS DATE)", "wanted": "$ids"}
    span = {"common_span": _filled(statement("metric_input/common_span"), given)}
    read = parts_of(text, parts)
    body = _filled(
        chained({"bar": read["bar"], **span, **read}, text), {**usual, **_ARGUMENTS, **window, **due}
    )
    return f"CREATE MACRO metrics(ids, {_EVERY}) AS TABLE {body}"


def _filled(text: str, arguments: Mapping[str, str]) -> str:
    return PARAMETER.sub(lambda match: arguments.get(match[1], match[1]), text)


def _macro(name: str, signature: str, text: str, parts: Mapping[str, str]) -> str:
    whole = chained(parts_of(text, parts), text)
    body = _filled(whole, {**_ARGUMENTS, **_IDS})
    return f"CREATE MACRO metric_{name}({signature}) AS TABLE {body}"


def _relation(name: str) -> str:
    if name == "month_period":
        return bound(statement("metric_input/metric_period"), {"frequency": "monthly"})
    return statement(f"metric_input/{name}")


def _with_figure(metric: Metric, known: Sequence[str] = ()) -> str:
    reads = {name: statement(f"metric/{name}") for name in metric.reads if name not in known}
    figure = {"figure": statement(f"metric/{metric.name}")}
    traits = {
        "metric": metric.name,
        "kind": metric.kind,
        "annualised": metric.annualised,
        "excess": metric.excess,
    }
    return chained({**reads, **figure}, bound(statement("metric_input/metric_figure"), traits))
