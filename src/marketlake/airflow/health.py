"""The health check of a container: whether a part of Airflow has reported recently.

`python -m marketlake.airflow.health scheduler`

Airflow's own `jobs check` does the same, but starts all of Airflow: ten seconds of a core each
time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

PARTS: Final = ("metadatabase", "scheduler", "dag_processor", "triggerer")
_WITHIN_S: Final = 8.0


def main() -> int:
    """0 if healthy; otherwise 1, and the reason is printed."""
    parser = argparse.ArgumentParser(prog="python -m marketlake.airflow.health", description=__doc__)
    parser.add_argument("part", choices=PARTS)
    part = parser.parse_args().part
    state = health(os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"], part)
    sys.stdout.write(f"{part}: {state}\n")
    return 0 if state == "healthy" else 1


def health(server: str, part: str) -> str:
    """`healthy`, or what the API server at that address reports instead."""
    parts = urlsplit(server)
    address = f"{parts.scheme}://{parts.netloc}/api/v2/monitor/health"
    try:
        # no proxy between Airflow's own parts
        with build_opener(ProxyHandler({})).open(address, timeout=_WITHIN_S) as answer:
            return str(json.load(answer).get(part, {}).get("status"))
    except (URLError, OSError, ValueError) as error:
        return f"the API server does not answer: {type(error).__name__}"


if __name__ == "__main__":
    sys.exit(main())
