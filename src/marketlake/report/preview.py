"""What stands for the page where its address is shared: title, description and a picture.

A preview is made by programs that run no script and see no fragment of an address, so it is about
the claim that the page opens with. The picture, a PNG of the bars without words, is in the page;
most of these programs want it at an address, for which `at_address` takes it out.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final
from urllib.parse import urljoin

import numpy as np
import numpy.typing as npt

from ..answers.compare import ComparedYear
from ..model.errors import UsageError
from .bars import BAR, scale_of
from .bundle import colours
from .claims import ClaimPart, headline_of, judged, score_of, years_of

WIDTH, HEIGHT, _MARGIN = 1200, 630, 60
_PALE: Final = 0.45
_ADDRESS: Final = re.compile(r"https?://[^\s\"'<>]{1,2000}")
_PICTURE: Final = re.compile('<meta property="og:image" content="data:image/png;base64,([^"]+)">')
_TYPE: Final = '<meta property="og:type" content="article">'
_SIMULATED: Final = "A sample market: month ends are published, days simulated."
_NAMES: Final = ("paper", "rule", "a", "b")
"""Colours of the picture in the order of its palette; then a and b, pale."""

Image = npt.NDArray[np.uint8]


def title_of(part: ClaimPart | None) -> str:
    """The verdict and the claim; the claim alone would be a statement of the page."""
    if part is None:
        return "Markets compared"
    return f"{headline_of(part.entry).rstrip('.')}: \u201c{part.entry.published.statement}\u201d"


def description_of(part: ClaimPart | None, simulated: bool) -> str:
    """The verdicts with their years."""
    said = [_SIMULATED] if simulated else []
    if part is None:
        return " ".join([*said, "Any two instruments, over any years, from one self-contained page."])
    checks = {"As published": part.entry.published, "today": part.entry.rolled}
    verdicts = [
        f"{when}, {years_of(c)}: {c.verdict}, {score_of(c)}" for when, c in checks.items() if judged(c)
    ]
    return " ".join([*said, "; ".join(verdicts) + ".", "Any two instruments, over any years."])


def tags(part: ClaimPart | None, simulated: bool) -> str:
    """The elements for the page's head, with its title."""
    title, description = title_of(part), description_of(part, simulated)
    named = {"description": description, "twitter:card": "summary_large_image" if part else "summary"}
    graph = {
        "og:type": "article",
        "og:site_name": "marketlake",
        "og:title": title,
        "og:description": description,
    }
    image = None if part is None else picture(part.comparison.rows)
    if part is not None and image is not None:
        alt = f"{' and '.join(part.comparison.instruments)}: bars of the return by calendar year"
        data = f"data:image/png;base64,{base64.b64encode(image).decode()}"
        graph |= {"og:image": data, "og:image:width": str(WIDTH), "og:image:height": str(HEIGHT)}
        graph |= {"og:image:alt": alt}
    lines = [f"<title>{escape(title)}</title>"]
    lines += [f'<meta name="{name}" content="{escape(text)}">' for name, text in named.items()]
    lines += [f'<meta property="{name}" content="{escape(text)}">' for name, text in graph.items()]
    return "\n".join(lines)


def at_address(page: str, url: str, name: str) -> tuple[str, bytes | None]:
    """The page as it is served at `url`, and the picture to serve next to it as `name`."""
    if not _ADDRESS.fullmatch(url):
        raise UsageError(
            f"{url[:60]!r} is no address; write the page's own, such as https://example.org/btc/"
        )
    address = f'<meta property="og:url" content="{escape(url)}">'
    found = _PICTURE.search(page)
    if found is None:
        return page.replace(_TYPE, f"{_TYPE}\n{address}", 1), None
    image = f'<meta property="og:image" content="{escape(urljoin(url, name))}">'
    return page.replace(found[0], f"{address}\n{image}", 1), base64.b64decode(found[1])


def picture(rows: Sequence[ComparedYear]) -> bytes | None:
    """The bars as PNG; None where a year is simulated, which bars without words cannot say."""
    values = [one.simple_return for row in rows for one in row.returns if one.simple_return is not None]
    if not values or any("simulated" in row.quality for row in rows):
        return None
    scale = scale_of(values)
    image: Image = np.zeros((HEIGHT, WIDTH), np.uint8)
    reach = HEIGHT - 2 * _MARGIN

    def down(value: float) -> int:
        return round(_MARGIN + (scale.high - value) / (scale.high - scale.low) * reach)

    image[down(0) - 1 : down(0) + 1, _MARGIN:-_MARGIN] = _NAMES.index("rule")
    for left, right, value, colour in _bars(rows):
        top, bottom = sorted((down(value), down(0)))
        image[top : max(bottom, top + 2), left:right] = colour
    return png(image, _palette())


def _bars(rows: Sequence[ComparedYear]) -> Iterator[tuple[int, int, float, int]]:
    """Left, right, return and colour of each bar."""
    step = (WIDTH - 2 * _MARGIN) / len(rows)
    for place, row in enumerate(rows):
        middle = _MARGIN + step * (place + 0.5)
        for side, one in enumerate(row.returns):
            if one.simple_return is not None:
                left = middle + step * (BAR * (side - 1) + 0.01 * (2 * side - 1))
                colour = 2 + side + (0 if row.winner == one.instrument_id else 2)
                yield round(left), round(left + step * BAR), one.simple_return, colour


def _palette() -> list[tuple[int, int, int]]:
    known = colours()
    solid = [tuple(bytes.fromhex(known[name][1:])) for name in _NAMES]
    paper = solid[0]
    pale = [
        tuple(round(_PALE * c + (1 - _PALE) * p) for c, p in zip(one, paper, strict=True))
        for one in solid[2:]
    ]
    return [(r, g, b) for r, g, b in (*solid, *pale)]


def png(image: Image, palette: Sequence[tuple[int, int, int]]) -> bytes:
    """A picture of numbers of colours as PNG."""
    height, width = image.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    # every line begins with its filter, none
    lines = np.hstack([np.zeros((height, 1), np.uint8), image]).tobytes()
    parts = {
        b"IHDR": header,
        b"PLTE": bytes(value for colour in palette for value in colour),
        b"IDAT": zlib.compress(lines, 9),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, part) for kind, part in parts.items())


def _chunk(kind: bytes, part: bytes) -> bytes:
    return struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
