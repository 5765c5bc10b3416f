"""Faults from the command line, JSON and TOML."""

from __future__ import annotations

import tomllib

import pytest

from marketlake.model.errors import UsageError
from marketlake.simulator.fault import Fault, fault_from, fault_to_json, parse_fault


def test_text_names_kind_source_symbol_and_parameters() -> None:
    fault = parse_fault("429:yahoo:AAPL:times=2,retry_after=1,probability=0.5,seed=3")
    assert fault == Fault("429", "yahoo", "AAPL", 2, 0.5, 3, {"retry_after": 1.0})


def test_omitted_parts_match_anything() -> None:
    assert parse_fault("html") == Fault("html", "*", "*", None, 1.0, 0, {})
    assert parse_fault("html::GC=F").symbol == "GC=F"


def test_mapping_equals_the_text_and_round_trips() -> None:
    written = tomllib.loads('kind = "missing"\nsource = "binance"\nparams = { where = "tail", count = 2 }')
    fault = fault_from(written)
    assert fault == parse_fault("missing:binance:*:where=tail,count=2")
    assert fault_from(fault_to_json(fault)) == fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("explode", "unknown fault 'explode'; known: 429"),
        ("429:yahoo:AAPL:twice", "must look like name=value"),
        ("429:yahoo:AAPL:color=red", "unknown parameter"),
        ("429:yahoo:AAPL:times=many", "times = 'many' must be a number"),
        ("429:yahoo:AAPL:times=-1", "must be a number from 0"),
        ("missing:*:*:where=there", "must be one of head, middle, tail, random"),
        ("restated:*:*:from=spring", "must be a date"),
        ("trickle:*:*:seconds=nan", "must be a number"),
        ("redirect:*:*:location=a\r\nb", "must be printable"),
    ],
)
def test_mistake_is_named(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words.replace("(", r"\(")):
        parse_fault(text)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("text", "a fault must be a table of .*; got text"),
        (5, "a fault must be a table of .*; got 5"),
        ({"kind": "429", "colour": 1}, "a fault must be a table of .*; got .*colour"),
        ({"kind": "429", "params": 3}, "fault 429: params must be a table, not '3'"),
    ],
)
def test_other_shapes_are_rejected(given: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        fault_from(given)
