"""The health check of a container: whether a part of Airflow has reported recently.

`python -m marketlake.airflow.health scheduler`

A worker is asked over the queue, every other part at the API server. Airflow's own checks do the
same, but start all of Airflow: ten seconds of a core each time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from socket import gethostname
from typing import Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

PARTS: Final = ("metadatabase", "scheduler", "dag_processor")
_WORKER: Final = "worker"
_SERVER: Final = "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"
_BROKER: Final = "AIRFLOW__CELERY__BROKER_URL"
_WITHIN_S: Final = 8.0


def main() -> int:
    """0 if healthy; otherwise 1, and the reason is printed; 2 without an address to ask."""
    parser = argparse.ArgumentParser(prog="python -m marketlake.airflow.health", description=__doc__)
    parser.add_argument("part", choices=[*PARTS, _WORKER])
    part = parser.parse_args().part
    variable = _BROKER if part == _WORKER else _SERVER
    address = os.environ.get(variable)
    if not address:
        parser.error(f"{variable} is not set; set it to the address that Airflow's other parts use")
    state = worker_health(address, gethostname()) if part == _WORKER else health(address, part)
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


def worker_health(broker: str, host: str) -> str:
    """`healthy` if the Celery worker of this host answers over the queue."""
    from celery import Celery

    with Celery(broker=broker, set_as_current=False) as app:
        replies = app.control.ping(destination=[f"celery@{host}"], timeout=_WITHIN_S)
    return "healthy" if replies else f"celery@{host} does not answer"


if __name__ == "__main__":
    sys.exit(main())
