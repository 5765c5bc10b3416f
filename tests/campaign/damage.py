"""Kinds of damage to a user's file, one function each, and the expected outcome of the fetch."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pyarrow.parquet as pq

from .clock import MOST_BYTES

Damage = Callable[[Path, Random], None]


def _deleted(path: Path, random: Random) -> None:
    path.unlink()


def _replaced_by_folder(path: Path, random: Random) -> None:
    path.unlink()
    path.mkdir()


def _elsewhere(path: Path, random: Random) -> None:
    target = path.parent.parent / "outside.csv"
    path.rename(target)
    path.symlink_to(os.path.relpath(target, path.parent))


def _emptied(path: Path, random: Random) -> None:
    path.write_bytes(b"")


def _page(path: Path, random: Random) -> None:
    path.write_text("<html><head><title>Sign in</title></head><body>Sign in</body></html>")


def _noise(path: Path, random: Random) -> None:
    path.write_bytes(random.randbytes(random.randrange(1, 5000)))


def _header_only(path: Path, random: Random) -> None:
    path.write_text(path.read_text().splitlines()[0] + "\n")


def _cut_in_line(path: Path, random: Random) -> None:
    """Cut before the last field of a line, like a copy that ran out of disk space."""
    lines = path.read_text().splitlines(keepends=True)
    at = random.randrange(1, len(lines))
    path.write_text("".join(lines[:at]) + lines[at][: random.randrange(1, lines[at].rindex(","))])


def _cut_parquet(path: Path, random: Random) -> None:
    from pyarrow import csv

    table = csv.read_csv(path)
    sink = io.BytesIO()
    pq.write_table(table, sink)
    content = sink.getvalue()
    path.write_bytes(content[: random.randrange(4, len(content))])


def _bit_flipped(path: Path, random: Random) -> None:
    content = bytearray(path.read_bytes())
    content[random.randrange(len(content))] = 0xFF
    path.write_bytes(bytes(content))


def _no_close(path: Path, random: Random) -> None:
    path.write_text(path.read_text().replace("close", "last", 1))


def _text_in_number(path: Path, random: Random) -> None:
    lines = path.read_text().splitlines()
    at = random.randrange(1, len(lines))
    fields = lines[at].split(",")
    fields[random.choice([1, 2, 3, 4])] = random.choice(["n.a.n.", "1,2", "=1+1", "12O.5", "inf"])
    lines[at] = ",".join(fields)
    path.write_text("\n".join(lines) + "\n")


def _no_date(path: Path, random: Random) -> None:
    lines = path.read_text().splitlines()
    at = random.randrange(1, len(lines))
    lines[at] = random.choice(["31/12/2023", "2023-02-30", "yesterday"]) + lines[at][10:]
    path.write_text("\n".join(lines) + "\n")


def _another_currency(path: Path, random: Random) -> None:
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([f"{header},currency", *(f"{line},EUR" for line in lines)]) + "\n")


def _too_long(path: Path, random: Random) -> None:
    with path.open("ab") as file:
        file.write(b"\n" * (MOST_BYTES + 1))


def _repeated(path: Path, random: Random) -> None:
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([header, *lines, *lines[-40:]]) + "\n")


def _shuffled(path: Path, random: Random) -> None:
    header, *lines = path.read_text().splitlines()
    random.shuffle(lines)
    path.write_text("\n".join([header, *lines]) + "\n")


def _as_a_spreadsheet_saves(path: Path, random: Random) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))


def _duplicate_session(path: Path, random: Random) -> None:
    """Repeat the last session that the lake may have, with other prices."""
    header, *lines = path.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("2024-01-10"))
    fields = lines[at].split(",")
    other = [fields[0], *(repr(round(float(price) * 1.03, 3)) for price in fields[1:5]), *fields[5:]]
    path.write_text("\n".join([header, *lines[: at + 1], ",".join(other), *lines[at + 1 :]]) + "\n")


DAMAGES: Mapping[str, tuple[Damage, frozenset[str]]] = {
    "lost": (_deleted, frozenset({"not_found"})),
    "folder": (_replaced_by_folder, frozenset({"not_found"})),
    "elsewhere": (_elsewhere, frozenset({"blocked"})),
    "emptied": (_emptied, frozenset({"malformed"})),
    "page": (_page, frozenset({"malformed"})),
    "noise": (_noise, frozenset({"malformed"})),
    "header_only": (_header_only, frozenset({"truncated"})),
    "cut_in_line": (_cut_in_line, frozenset({"malformed"})),
    "cut_parquet": (_cut_parquet, frozenset({"malformed"})),
    "bit_flipped": (_bit_flipped, frozenset({"malformed"})),
    "no_close": (_no_close, frozenset({"malformed"})),
    "text_in_number": (_text_in_number, frozenset({"malformed"})),
    "no_date": (_no_date, frozenset({"malformed"})),
    "another_currency": (_another_currency, frozenset({"quarantined"})),
    "too_long": (_too_long, frozenset({"malformed"})),
    "repeated": (_repeated, frozenset({"ok", "no_new_data"})),
    "shuffled": (_shuffled, frozenset({"ok", "no_new_data"})),
    "as_a_spreadsheet_saves": (_as_a_spreadsheet_saves, frozenset({"ok", "no_new_data"})),
    "duplicate_session": (_duplicate_session, frozenset({"quarantined", "ok", "no_new_data"})),
}
"""By kind: what happens to the file, and the outcomes that the documentation allows."""


def restore(path: Path, text: str) -> None:
    """Write the original file."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    path.unlink(missing_ok=True)
    path.write_text(text)
