"""Damage that a response can have; every mutation draws from a seeded random source."""

from __future__ import annotations

import codecs
import copy
import gzip
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

Mutation = Callable[[bytes, random.Random], bytes]

RAW = {
    "huge_integer": "9" * 5000,
    "long_fraction": "0." + "3" * 5000,
    "overflow": "1e999",
    "underflow": "1e-999",
    "not_a_number": "NaN",
    "infinity": "-Infinity",
    "deep_list": "[" * 100_000 + "]" * 100_000,
    "deep_object": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "long_list": "[" + "1," * 200_000 + "1]",
    "lone_surrogate": '"\\ud800"',
    "twice": '{"close": 1, "close": [2], "timestamp": 3, "timestamp": null}',
}
"""Texts that a JSON writer would not write."""
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        "",
        "abc",
        "\0",
        "‮txt",
        "<script>",
        "2024-02-30",
        "1,5",
        "²",
        " ",
        [],
        {},
        [[]],
        {"": {}},
    ),
    *(0, -1, -0.0, 1e308, -1e308, 5e-324, 2**31, 2**53, 2**63, -(2**63), 2**64, 10**18, 253402300800, 1e18),
    *([None] * 3, ["a"] * 3, {"date": None}, "1e999", "nan", "inf", "0x10", "٣", "x" * 10_000),
)
FIELDS = ("", ".", "nan", "inf", "-inf", "1e999", "0x1", "1_000", "٣", '"', ",", "\0", "N/A", "a" * 200_000)


def broken_json(body: bytes, draw: random.Random) -> bytes:
    """One to four places of the document are replaced, removed, doubled or moved."""
    document, raw = json.loads(body), dict[str, str]()
    for _ in range(draw.randint(1, 4)):
        places = list(_places(document))
        if not places:
            break
        parent, key = draw.choice(places)
        _change(parent, key, draw, raw)
    text = json.dumps(document, ensure_ascii=draw.random() < 0.5)
    for mark, content in raw.items():
        text = text.replace(f'"{mark}"', content)
    return text.encode("utf-8", "surrogatepass")


def _places(node: Any) -> Any:
    """(container, key) of a few hundred places, whole columns included."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(pairs)[:40]:
        yield node, key
        yield from _places(value)


def _change(parent: Any, key: Any, draw: random.Random, raw: dict[str, str]) -> None:
    what = draw.randrange(7)
    if what == 0:
        del parent[key]
    elif what == 1 and isinstance(parent, list):
        parent.insert(key, copy.deepcopy(parent[draw.randrange(len(parent))]))
    elif what == 2 and isinstance(parent, list):
        draw.shuffle(parent)
    elif what == 3:
        name = draw.choice(list(RAW))
        mark = f"@{name}{len(raw)}@"
        raw[mark], parent[key] = RAW[name], mark
    elif what == 4:
        parent[key] = [copy.deepcopy(parent[key]) for _ in range(draw.choice((1, 2, 50)))]
    elif what == 5 and isinstance(parent[key], int | float):
        parent[key] = parent[key] * draw.choice((-1, 0, 1e-9, 1e9, 86400, 1000, 0.5)) + draw.choice(
            (0, 0, 1, 0.5)
        )
    else:
        parent[key] = copy.deepcopy(draw.choice(VALUES))


def broken_lines(body: bytes, draw: random.Random) -> bytes:
    """Lines of a table are removed, doubled, moved, cut or filled with something else."""
    lines = body.decode("utf-8", "replace").split("\n")
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(lines))
        what = draw.randrange(6)
        if what == 0:
            lines.insert(at, draw.choice(lines))
        elif what == 1 and len(lines) > 1:
            del lines[at]
        elif what == 2:
            draw.shuffle(lines)
        else:
            fields = lines[at].split(",")
            place = draw.randrange(len(fields))
            changes = (
                draw.choice(FIELDS),
                ",".join(fields[place : place + 1] * 3),
                fields[place] + draw.choice(FIELDS),
            )
            fields[place] = draw.choice(changes)
            lines[at] = ",".join(fields)
    return draw.choice(("\n", "\r\n", "\r", "\n\n")).join(lines).encode("utf-8", "surrogatepass")


def broken_bytes(body: bytes, draw: random.Random) -> bytes:
    """Bits flipped, pieces cut out, doubled, or overwritten."""
    content = bytearray(body)
    for _ in range(draw.choice((1, 1, 2, 8, 64))):
        if not content:
            break
        at = draw.randrange(len(content))
        length = draw.choice((1, 2, 8, 100))
        what = draw.randrange(5)
        if what == 0:
            content[at] ^= 1 << draw.randrange(8)
        elif what == 1:
            del content[at : at + length]
        elif what == 2:
            content[at:at] = content[at : at + length]
        elif what == 3:
            content[at : at + length] = draw.randbytes(length)
        else:
            content[at : at + 4] = struct.pack("<I", draw.choice((0, 1, 2**31 - 1, 2**32 - 1)))
    return bytes(content)


def cut(body: bytes, draw: random.Random) -> bytes:
    return body[: draw.randrange(len(body) + 1)]


def another_encoding(body: bytes, draw: random.Random) -> bytes:
    """The same text as other bytes, or text that is none."""
    text = body.decode("utf-8", "replace")
    return draw.choice(
        (
            codecs.BOM_UTF8 + body,
            text.encode("utf-16"),
            text.encode("utf-32"),
            gzip.compress(body),
            zlib.compress(body),
            body + b"\xff\xfe",
            body.replace(b"1", b"\xc3\x28", 1),
            b"\0" * 1000 + body,
            b" " * 100_000 + body,
            body + body,
            b"<html><body>Sign in</body></html>",
            b"",
        )
    )


def within_zip(change: Mutation) -> Mutation:
    """The change made to the archive's only file."""

    def changed(body: bytes, draw: random.Random) -> bytes:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            (entry,) = archive.infolist()
            content = archive.read(entry)
        return zipped({entry.filename: change(content, draw)}, draw)

    return changed


def odd_zip(body: bytes, draw: random.Random) -> bytes:
    """Archives of another shape: bombs, several files, none, other methods, other names."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        (entry,) = archive.infolist()
        content = archive.read(entry)
    files = draw.choice(
        (
            {"a.csv": content, "b.csv": content},
            {"a.txt": content},
            {},
            {"../../etc/x.csv": content},
            {"bomb.csv": b"Date,USD\n" + b"0" * (80 * 1024 * 1024)},
            {"a.csv": zipped({"b.csv": content}, draw)},
            {f"{number}.txt": b"" for number in range(2000)} | {"a.csv": content},
            {"a.csv": b""},
        )
    )
    return zipped(files, draw)


def zipped(files: dict[str, bytes], draw: random.Random) -> bytes:
    methods = (
        zipfile.ZIP_DEFLATED,
        zipfile.ZIP_DEFLATED,
        zipfile.ZIP_STORED,
        zipfile.ZIP_BZIP2,
        zipfile.ZIP_LZMA,
    )
    large = sum(map(len, files.values())) > 10_000_000
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if large else draw.choice(methods)) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


ANY: tuple[Mutation, ...] = (broken_bytes, broken_bytes, cut, another_encoding)
BY_KIND: dict[str, tuple[Mutation, ...]] = {
    "json": (broken_json, broken_json, broken_json, broken_json, *ANY),
    "csv": (broken_lines, broken_lines, broken_lines, *ANY),
    "zip": (within_zip(broken_lines), within_zip(broken_bytes), within_zip(cut), odd_zip, *ANY),
    "parquet": ANY,
}


def mutated(body: bytes, kind: str, draw: random.Random) -> bytes:
    """One change to an answer, sometimes two."""
    change = draw.choice(BY_KIND[kind])
    body = change(body, draw)
    return draw.choice(ANY)(body, draw) if draw.random() < 0.1 else body
