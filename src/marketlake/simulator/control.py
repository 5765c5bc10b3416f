"""The simulator's own address, /simulator/...: look at it, move its clock, switch its faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from ..errors import UsageError
from .fault import Fault
from .fault_text import fault_from, fault_to_json, parse_fault
from .reply import Reply, json_reply
from .state import Simulator


def control(simulator: Simulator, method: str, path: str, body: bytes) -> Reply:
    """GET status and requests; POST clock `{"now": ...}` and faults `[...]` (texts or mappings)."""
    try:
        match method, path:
            case "GET", "/simulator/status":
                pass
            case "GET", "/simulator/requests":
                return json_reply([vars(request) for request in simulator.requests])
            case "POST", "/simulator/clock":
                simulator.set_clock(_instant(_json(body)))
            case "POST", "/simulator/faults":
                simulator.set_faults([_fault(item) for item in _list(_json(body))])
            case _:
                return json_reply({"error": "GET status or requests, POST clock or faults"}, 404)
    except UsageError as error:
        return json_reply({"error": str(error)}, 400)
    return json_reply(_status(simulator))


def _status(simulator: Simulator) -> dict[str, Any]:
    return {
        "now": simulator.now.isoformat(),
        "symbols": simulator.market.symbols,
        "requests": Counter(request.source for request in simulator.requests),
        "faults": [fault_to_json(fault) for fault in simulator.faults],
    }


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"the body must be JSON: {error}") from None


def _instant(value: Any) -> datetime | None:
    text = value.get("now") if isinstance(value, Mapping) else value
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise UsageError(f'{str(text)[:60]!r} is not a moment; send {{"now": "2026-01-02T12:00Z"}}') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise UsageError('faults are a list, such as ["429:yahoo:AAPL:times=2"]')
    return value


def _fault(item: Any) -> Fault:
    return parse_fault(item) if isinstance(item, str) else fault_from(item)
