"""`make benchmark`: every benchmark in turn; `--full` at the size that the targets are meant for."""

import argparse
import subprocess
import sys

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--full", action="store_true", help="10,000 symbols, and 100,000 from the state: an hour")
parser.add_argument("--vectorbt", default=sys.executable, help="a Python that has vectorbt installed")
asked = parser.parse_args()
size = "10000" if asked.full else "1000"
for name, *options in (
    ["latency"],
    ["returns", "--symbols", size, "--vectorbt", asked.vectorbt],
    ["scale", "--symbols", size],
    ["ingest", "--symbols", size],
    ["airflow_overhead", "--batches", "20" if asked.full else "5", "--rounds", "2"],
):
    print(f"\n## {name}\n", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options], check=True)
