"""Commands that look after the lake: verify, replay."""

from __future__ import annotations

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
                "`marketlake replay` rebuilds bars and revisions from raw/, `marketlake build --anew` the "
                "marts; other tables come from a backup"
            )
        raise typer.Exit(1)


def replay(home: Home = None, lake: Lake = None, now: Now = None, source_url: SourceUrl = None) -> None:
    """Rebuild bars and revisions from the answers kept in raw/, without network."""
    from ..pipeline.build import build
    from ..pipeline.replay import replay as replay_raw

    settings = settings_of(home, lake, now, source_url)
    replayed = replay_raw(settings)
    build(settings)
    for path in replayed.changed:
        say(f"changed: {path}")
    say(f"{replayed.batches} raw batches replayed, {len(replayed.changed)} files changed")
