"""What is packed comes out as the very same numbers, in as few bytes as its kind allows."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketlake.report.series import Pack


def unpacked(text: str) -> tuple[dict[str, Any], list[list[float]]]:
    """As `page/decode.js`, in plain Python."""
    content = gzip.decompress(base64.b64decode(text))
    length = int.from_bytes(content[:4], "little")
    header, place, columns = json.loads(content[4 : 4 + length]), 4 + length, []
    for kind, count, width, places in header["columns"]:
        planes = [content[place + i * count : place + (i + 1) * count] for i in range(width)]
        place += count * width
        raw = [int.from_bytes(bytes(plane[i] for plane in planes), "little") for i in range(count)]
        columns.append(_numbers(kind, raw, places))
    assert place == len(content)
    return header, columns


def _numbers(kind: str, raw: list[int], places: int) -> list[float]:
    if kind == "double":
        return np.array(raw, "u8").view("f8").tolist()
    values, last = [], 0
    for one in raw:
        last += -(one + 1) // 2 if one % 2 else one // 2
        values.append(last)
    if kind == "single":
        return np.array(values, "i4").view("f4").astype(float).tolist()
    return [value / 10.0**places for value in values]


def roundtrip(values: np.ndarray[Any, Any]) -> tuple[list[Any], list[float]]:
    pack = Pack()
    assert pack.add(values) == 0
    header, [column] = unpacked(pack.text({}))
    return header["columns"][0], column


finite = st.floats(allow_nan=False, allow_infinity=False)
CENTS = st.integers(0, 10**9).map(lambda value: value / 100)


@given(
    st.one_of(st.lists(finite), st.lists(CENTS), st.lists(st.floats(width=32, allow_nan=False, min_value=0)))
)
def test_floats_survive_a_round_trip(values: list[float]) -> None:
    assert roundtrip(np.array(values, float))[1] == values


@given(st.lists(st.integers(-(2**40), 2**40)))
def test_integers_survive_a_round_trip(values: list[int]) -> None:
    assert roundtrip(np.array(values, np.int64))[1] == values


def test_nan_survives_a_round_trip() -> None:
    kind, values = roundtrip(np.array([1.5, np.nan, 2.0]))
    assert kind[0] in {"single", "double"}
    assert values[0] == 1.5
    assert np.isnan(values[1])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([100.25, 100.5, 99.75], ["whole", 3, 2, 2]),
        ([457.3340148925781, 424.44000244140625], ["single", 2, 4, 0]),
        ([1 / 3, 2 / 3], ["double", 2, 8, 0]),
        ([], ["whole", 0, 0, 0]),
    ],
)
def test_smallest_encoding_is_chosen(values: list[float], kind: list[Any]) -> None:
    assert roundtrip(np.array(values, float))[0] == kind
