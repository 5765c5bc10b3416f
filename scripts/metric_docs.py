"""Write docs/metrics.md from the headings of the metrics' SQL files and their golden cases.

python scripts/metric_docs.py > docs/metrics.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from marketlake.query.metric_texts import METRICS, RELATIONS, SIGNATURE, TABLES
from marketlake.query.text import source

ROOT = Path(__file__).parents[1]
INTRODUCTION = """# Metrics

Made from the headings of `src/marketlake/sql/metric/*.sql` by `scripts/metric_docs.py`; a test keeps it
current.

```sh
marketlake metrics BTC NASDAQ GOLD --from 2019-01-01 --to 2024-12-31 --benchmark SP500
```

```python
ml.open().metrics(["BTC", "NASDAQ"], start="2019-01-01", end="2024-12-31").figure("BTC", "sharpe").value
```

```sql
FROM metric_sharpe(['BTC', 'NASDAQ'], DATE '2019-01-01', DATE '2024-12-31', risk_free := 0.02);
```

Every metric is a table macro `metric_<name>({signature})`; `cpi` names the consumer price index for real
figures, `bill` the 13-week bill; {tables} have more than a row per instrument.

What holds of all of them:

- **Window.** The first return begins at the last session before the first day asked for, so calendar years
  agree with `compare`. Weekly and monthly returns are taken of whole weeks (from Monday) and months within
  the window only, and of the last one stored only when none of its sessions is still to come;
  `cumulative_return`, `log_return` and `cagr` are of the whole window, whatever the frequency. Each figure
  has its own n, first and last session.
- **Nothing is filled.** Over a session without a price or a rate the return spans to the next; `quality`
  says so.
- **Shared sessions.** Everything against a benchmark is taken between sessions that both have.
- **Annualised** by the periods per year of the grid: 24/7 365, XNYS 252, other calendars and shared grids
  their own mean number, weekly 52, monthly 12; the number is in the answer and can be overridden.
- **Riskless.** A constant is a yearly return, (1 + c)^(d/365.25) - 1 over the d days of a return; in real
  figures it is a real one. A 13-week bill's discount yield y, known when the return begins, gives (1 - y x
  91/360)^(-d/91) - 1.
- **Real.** Levels are divided by the last consumer price index published by then (on the 16th of the month
  after). The whole window's return over calendar years is deflated December over December: the only figure
  that uses a value published after its last day.
- **Quality.** `partial`: the window's ends are not the calendar's own sessions; `gap`: sessions are missing
  in it; `no_rate`, `no_price`, `no_cpi`, `no_bill`: something was missing; `price_index`: no dividends in
  it; `proxy`; `simulated`.
"""
FIELD = re.compile(r"^(Formula|Unit|Grain|Source): (.*)$")


def main() -> None:
    sys.stdout.write("\n".join(document()) + "\n")


def document() -> Iterator[str]:
    """The lines of the page."""
    tables = ", ".join(f"`{name}`" for name in TABLES)
    yield INTRODUCTION.replace("{signature}", SIGNATURE).replace("{tables}", tables)
    for name in (*(metric.name for metric in METRICS), *TABLES):
        yield from section(name, f"metric/{name}", "##")
    yield "## What they read"
    yield ""
    yield "The relations in `src/marketlake/sql/metric_input`, each made from those before it."
    yield ""
    for name in RELATIONS:
        if name != "month_period":
            yield from section(name, f"metric_input/{name}", "###")


def section(name: str, path: str, level: str) -> Iterator[str]:
    """One heading as a section: what it is, then a line a field, then how the golden case is worked out."""
    lines = [line.removeprefix("--").strip() for line in source(path).splitlines() if line.startswith("--")]
    title, fields = "", {}
    for line in lines[: lines.index(next(x for x in lines if x.startswith("Source:"))) + 1]:
        found = FIELD.match(line)
        if found:
            fields[found[1]] = found[2]
        elif fields:
            fields["Formula"] += f" {line}"
        else:
            title += f" {line}"
    yield f"{level} {name}"
    yield ""
    yield sentence(title.strip().removeprefix(f"{name}: "))
    yield ""
    for field, text in fields.items():
        yield f"- {field}: {text}"
    golden = ROOT / "tests" / "metrics" / "golden" / f"{name}.toml"
    if path.startswith("metric/"):
        worked = [line[2:] for line in golden.read_text("utf-8").splitlines() if line.startswith("# ")]
        yield f"- By hand: {'; '.join(worked)}"
    yield ""


def sentence(text: str) -> str:
    return text[0].upper() + text[1:]


if __name__ == "__main__":
    main()
