"""The only CSV of a zip archive, whose stated sizes are not trusted."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
import zlib
from typing import Final

NOT_AN_ARCHIVE: Final = (
    ValueError,
    RuntimeError,
    EOFError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    csv.Error,
)
"""Errors that a damaged, encrypted or different archive raises."""
_MOST_BYTES: Final = 64 * 1024 * 1024
"""Unpacked; the ECB's table of 1999 to 2026 has 2 million."""


def only_csv(body: bytes) -> tuple[str, str]:
    """The name and the text of the archive's only CSV."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        tables = [entry for entry in archive.infolist() if entry.filename.endswith(".csv")]
        if len(tables) != 1 or tables[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise ValueError("the archive does not hold one plain CSV file")
        with archive.open(tables[0]) as file:
            content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_BYTES} bytes unpacked")
    return tables[0].filename, content.decode("utf-8")
