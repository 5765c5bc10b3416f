"""A lake of the sample market, for whatever shows or tests what documentation says."""

from __future__ import annotations

from pathlib import Path
from typing import Final

NOW: Final = "2026-01-02T12:00Z"
"""Where the clock stands: the published figures end before it."""


def fill(home: Path, url: str) -> None:
    """Write the sample universe into `home`, and fetch, store and build it from the simulator at `url`."""
    from marketlake.ingest.build import build
    from marketlake.ingest.run import ingest
    from marketlake.model.settings import load_settings
    from marketlake.model.toml_file import shipped
    from marketlake.simulator.sample.build import FOLDER

    home.mkdir(parents=True, exist_ok=True)
    (home / "instruments.toml").write_text((FOLDER / "instruments.toml").read_text("utf-8"), "utf-8")
    (home / "claims.toml").write_text(shipped("claims.toml"), "utf-8")
    settings = load_settings(home=home, now=NOW, source_url=url, environ={})
    ingest(settings)
    build(settings)
