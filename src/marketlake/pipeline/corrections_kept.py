"""Corrections by hand are kept under raw/, like the answers that they correct.

`corrections.toml` becomes a batch whenever it says something else than the last one kept. So bars follow from
raw/ alone, and `replay` applies each change where it stands between the vendors' answers.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Final

from ..corrections import Corrections, decode, encode, load_corrections
from ..schema_correction import CORRECTION_MODE
from ..settings import Settings
from ..store import batches, raw
from ..store.lake import claim
from ..store.manifest import Manifest
from .collect import batch_id

_SUFFIX: Final = "-corrections"
_NO_DAY: Final = date(1970, 1, 1)


def keep_corrections(settings: Settings, run_id: str) -> None:
    """Keep what corrections.toml says as a raw batch, where that is new; `ConfigError` if it is wrong."""
    body = encode(load_corrections(settings.home / "corrections.toml", settings.universe))
    root, now = settings.lake, settings.clock.now()
    last = batches.at_hand(root, batches.names(root, _SUFFIX)[-1:])
    kept = [row["sha256"] for path in last for row in raw.read_columns(path, ["sha256"])]
    if hashlib.sha256(body).hexdigest() in kept or (not kept and body == encode({})):
        return
    claim(root, settings.origin)
    row = {
        **{"run_id": run_id, "origin": settings.origin, "instrument_id": "", "source": "corrections"},
        **{
            "symbol": "",
            "mode": CORRECTION_MODE,
            "asked_from": _NO_DAY,
            "asked_to": _NO_DAY,
            "attempt": 1,
            "page": 0,
        },
        **{"url": "file:corrections.toml", "status": 200, "headers": "{}", "body": body, "fetched_at": now},
        **{"duration_s": 0.0, "outcome": "ok", "message": ""},
    }
    raw.write_batch(root, batch_id(now, settings.clock, "corrections"), now.date(), [row])


def standing(root: Path, manifest: Manifest) -> Corrections:
    """The corrections that stand in the lake."""
    kept = [path for path in manifest.paths("raw") if path.endswith(f"{_SUFFIX}.parquet")]
    batches = raw.read_batches(root, sorted(kept)[-1:])
    return next((decode(rows[0]["body"]) for _, rows in batches), {})
