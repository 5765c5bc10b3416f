"""Commands that look after the lake: verify, replay."""

from __future__ import annotations

import sys

import typer

from .options import Format, Home, Lake, Now, Output, SourceUrl, settings_of
from .output import print_rows, say


def verify(home: Home = None, lake: Lake = None, output: Output = Format.table) -> None:
    """Compare every stored file with the manifest's checksums; exit code 1 when one is damaged."""
    from ..store.verify import verify as verify_files

    files, damages = verify_files(settings_of(home, lake, None, None).lake)
    print_rows([{"path": d.path, "problem": d.problem} for d in damages], ["path", "problem"], output)
    if output is Format.table:
        say(f"{files} files, {len(damages)} damaged")
    if damages:
        if output is Format.table:
            say(
                "`marketlake replay` restores what follows from raw/ and names what does not, "
                "`marketlake build --anew` the marts and market.duckdb; raw/ itself comes from a backup"
            )
        raise typer.Exit(1)


def replay(home: Home = None, lake: Lake = None, now: Now = None, source_url: SourceUrl = None) -> None:
    """Rebuild bars and revisions from the answers kept in raw/, without network; restore damaged records.

    Exit code 1 when something could not be restored; it is named.
    """
    from ..pipeline.build import build
    from ..pipeline.replay import replay as replay_raw

    settings = settings_of(home, lake, now, source_url)
    replayed = replay_raw(settings)
    build(settings)
    for path in replayed.changed:
        say(f"changed: {path}")
    for path in replayed.restored:
        say(f"restored: {path}")
    say(f"{replayed.batches} raw batches replayed, {len(replayed.changed)} files changed")
    if replayed.lost:
        for text in replayed.lost:
            sys.stderr.write(f"{text}\n")
        raise typer.Exit(1)
