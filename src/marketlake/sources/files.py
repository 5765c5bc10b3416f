"""A user's own CSV and Parquet files.

Symbols: a path below the folder that may be read (`gold.csv`, `funds/world.parquet`).
Columns, in any case and order: a date (`date`, `session`, `time`, ...), `close`, and if there are any `open`,
`high`, `low`, `volume`, `dividend` or `dividends`, `split` or `stock splits`, `currency`. `adj close` is not
read, other columns are ignored.
Time: a date is taken as it is written, also with a time behind it; a number is seconds or milliseconds of
UTC. Adjustment: as traded, unless a column `Stock Splits` marks yfinance's export, whose history is restated.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import BlockedError, MalformedError, NotFoundError
from .contract import Access, Page, Parsed, Request, Source
from .files_table import read_table
from .rows import parse_each


class Files(Source):
    """One page per fetch: the file's bytes."""

    def __init__(self) -> None:
        super().__init__("files")

    def fetch(self, request: Request, access: Access) -> list[Page]:
        path = _path(request.symbol, access.files)
        return [Page(request, f"file:{request.symbol}", 200, {}, _content(path, request, access.max_bytes))]

    def parse(self, pages: Sequence[Page]) -> Parsed:
        return parse_each(pages, lambda own: read_table(own[-1]))


def _path(symbol: str, folder: Path) -> Path:
    """The file that a symbol names; one outside the folder is refused, by whatever way it leads there."""
    root = folder.resolve()
    try:
        path = (root / symbol).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        raise NotFoundError(
            f"there is no file {symbol!r} in {root}; symbols of files are paths below it"
        ) from None
    if not path.is_relative_to(root):
        raise BlockedError(f"{symbol!r} leads out of {root}; put the file below that folder")
    if not path.is_file():
        raise NotFoundError(f"{symbol!r} in {root} is no file; name one CSV or Parquet file")
    return path


def _content(path: Path, request: Request, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise BlockedError(
            f"{request.symbol!r} cannot be read: {error.strerror}; check its permissions"
        ) from error
    if len(content) > limit:
        raise MalformedError(f"{request.symbol!r} has more than {limit} bytes; split it into smaller files")
    return content
