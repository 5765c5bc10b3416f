"""A lake of the sample market, for whatever shows or tests what documentation says."""

from __future__ import annotations

from pathlib import Path

from marketlake.simulator.sample.build import NOW

__all__ = ["NOW", "fill"]


def fill(home: Path, url: str) -> None:
    """Write the sample universe into `home`, and fetch, store and build it from the simulator at `url`."""
    from marketlake.ingest.build import build
    from marketlake.ingest.run import ingest
    from marketlake.model.settings import load_settings
    from marketlake.model.toml_file import sample_instruments, shipped

    home.mkdir(parents=True, exist_ok=True)
    (home / "instruments.toml").write_text(sample_instruments(), "utf-8")
    (home / "claims.toml").write_text(shipped("claims.toml"), "utf-8")
    settings = load_settings(home=home, now=NOW, source_url=url, environ={})
    ingest(settings)
    build(settings)
