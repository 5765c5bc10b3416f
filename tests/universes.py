"""The text of a test's instruments.toml."""

from __future__ import annotations

import json


def entry(
    instrument_id: str,
    *sources: str,
    kind: str = "crypto",
    calendar: str = "24/7",
    since: object = "2023-12-25",
    **more: str,
) -> str:
    """One instrument; its sources are written `source:symbol`, in order of trust."""
    listed = (ref.split(":", 1) for ref in sources)
    refs = ", ".join(f"{{ source = {json.dumps(s)}, symbol = {json.dumps(symbol)} }}" for s, symbol in listed)
    fields = {"id": instrument_id, "asset_class": kind, "calendar": calendar} | more
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    return "\n".join(["", "[[instrument]]", *lines, f"since = {since}", f"sources = [{refs}]", ""])
