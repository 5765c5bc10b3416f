"""A source of another package. What it does wrong fails its own instruments only."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import EntryPoint

from ..model.errors import UsageError
from ..model.schema import SERVED
from .contract import Access, Page, Parsed, Request, Source, plain, unexpected


def make(name: str, found: EntryPoint) -> Source:
    """The source that the package makes; `UsageError` if it does not."""
    package = found.dist.name if found.dist else found.module
    try:
        source = found.load()()
    except Exception as error:
        what = plain(f"{type(error).__name__}: {error}"[:200])
        raise UsageError(f"source {name!r} of the package {package} cannot be loaded ({what})") from error
    if not isinstance(source, Source) or source.name != name:
        raise UsageError(f"{found.value} of the package {package} must make a Source with the name {name!r}")
    return _Plugin(source)


class _Plugin(Source):
    """Holds another package's source to what the pipeline relies on."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.name)
        self.source = source

    def fetch(self, request: Request, access: Access) -> list[Page]:
        return self.source.fetch(request, access)

    def parse(self, pages: Sequence[Page]) -> Parsed:
        try:
            parsed = self.source.parse(pages)
            if not parsed.bars.schema.equals(SERVED):
                raise TypeError("its rows do not have the schema SERVED")
        except Exception as error:
            failed = {page.request.instrument_id: unexpected(page.request, error) for page in pages}
            return Parsed(SERVED.empty_table(), failed)
        return parsed
