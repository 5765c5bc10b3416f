"""A user's own files: every accepted form, and errors that name the place."""

from __future__ import annotations

import dataclasses
import os
import resource
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marketlake.model.errors import BlockedError, MalformedError, NotFoundError
from marketlake.sources import create, files
from marketlake.sources.contract import Page, Request

DAYS = (date(2024, 3, 13), date(2024, 3, 14))


def request(symbol="a.csv"):
    return Request("X", symbol, *DAYS)


def parse(body, symbol="a.csv"):
    return create("files").parse([Page(request(symbol), "u", 200, {}, body)])


def rows(text):
    parsed = parse(text.encode())
    assert parsed.failed == {}
    return parsed.bars.to_pylist()


def test_file_below_the_folder_is_read(access):
    (access.files / "funds").mkdir()
    (access.files / "funds" / "a.csv").write_text("date,close\n2024-03-13,2\n")
    source = create("files")
    [page] = source.fetch(request("funds/a.csv"), access)
    assert (page.url, page.status) == ("file:funds/a.csv", 200)
    assert source.parse([page]).bars["close"].to_pylist() == [2.0]


@pytest.mark.parametrize("symbol", ["../secret.csv", "funds/../../secret.csv", "out.csv", "{absolute}"])
def test_path_outside_the_folder_is_blocked(access, symbol):
    secret = access.files.parent / "secret.csv"
    secret.write_text("date,close\n")
    (access.files / "funds").mkdir()
    (access.files / "out.csv").symlink_to(secret)
    with pytest.raises(BlockedError, match="leads out of"):
        create("files").fetch(request(symbol.format(absolute=secret)), access)


@pytest.mark.parametrize(
    ("symbol", "message"),
    [
        ("none.csv", "there is no file 'none.csv'"),
        (".", "is no file; name one CSV or Parquet file"),
        ("a\x00b", "there is no file 'a.*b'"),
        ("x" * 5000, "there is no file 'xxxx"),
        ("loop", "there is no file 'loop'"),
    ],
)
def test_non_file_is_not_found(access, symbol, message):
    (access.files / "loop").symlink_to(access.files / "loop")
    with pytest.raises(NotFoundError, match=message):
        create("files").fetch(request(symbol), access)


def test_too_long_file_is_not_read(access):
    (access.files / "a.csv").write_bytes(b"x" * 101)
    with pytest.raises(MalformedError, match="more than 100 bytes"):
        create("files").fetch(request(), dataclasses.replace(access, max_bytes=100))


@pytest.mark.parametrize(
    "text",
    [
        "date,close\n2024-03-13,2\n2024-03-14,3\n",
        "\ufeffDate,Close\r\n2024-03-13,2\r\n2024-03-14,3\r\n",
        "SESSION,OPEN,CLOSE,Adj Close,note\n2024-03-13,1,2,9,x\n2024-03-14,,3,9,y\n",
        "Date,Close\n2024-03-13 00:00:00-04:00,2\n2024-03-14 00:00:00-04:00,3\n",
        "time,close\n1710288000,2\n1710374400,3\n",
        "open_time,close\n1710288000000,2\n1710374400000,3\n",
        "date,close\n20240313,2\n20240314,3",
        "date,close\n2024-03-12,nan\n2024-03-13,2\n2024-03-14,3\n",
        "Price,Close,Open\nTicker,ABC,ABC\nDate,,\n2024-03-13,2,1\n2024-03-14,3,1\n",
    ],
)
def test_accepted_csv_forms(text):
    assert [(row["session"], row["close"]) for row in rows(text)] == [(DAYS[0], 2.0), (DAYS[1], 3.0)]


def test_events_and_the_adjusted_marker_are_read():
    head = "Date,Close,Volume,Dividends,Stock Splits,Currency\n"
    actual = rows(head + "2024-03-13,2,5,0.0,0.0,GBp\n2024-03-14,3,6,0.5,4.0,GBp\n2024-03-15,,,0.7,0.0,GBp\n")
    assert [(row["close"], row["dividend"], row["split"]) for row in actual] == [
        (2.0, 0.0, 1.0),
        (3.0, 0.5, 4.0),
        (None, 0.7, 1.0),
    ]
    assert {(row["currency"], row["split_adjusted"]) for row in actual} == {("GBp", True)}


def test_split_column_means_as_traded():
    [row] = rows("date,close,split\n2024-03-13,2,4\n")
    assert (row["split"], row["split_adjusted"]) == (4.0, False)


def test_header_only_file_has_no_rows():
    assert rows("Date,Open,High,Low,Close,Adj Close,Volume\n") == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "empty"),
        (b"date,price\n2024-03-13,2\n", "column close"),
        (b"day,close\n2024-03-13,2\n", "column date"),
        (b"date,close,Close\n2024-03-13,2,3\n", "'close' is there twice"),
        (b"date,close\n2024-03-13\n", "line 2 has 1 fields"),
        (b"date,close\n2024-03-13,two\n", "column 'close', row 1: 'two'"),
        (b"date,close\n2024-03-13,inf\n", "column 'close', row 1"),
        (b"date,close\n13.03.2024,2\n", "row 1: '13.03.2024' is no date"),
        (b"date,close\n99999999999999999999,2\n", "row 1"),
        (b"date,close,split\n2024-03-13,2,-4\n", "column 'split', row 1"),
        (b"date,close,currency\n2024-03-13,2,USD\n2024-03-14,2,EUR\n", "'currency' names several"),
        (b"Price,Close,Close\nTicker,A,B\nDate,,\n", "several tickers"),
        (b"date,close\n\xff\xfe,2\n", "decode"),
        (b"PAR1 and then nothing", "Parquet"),
        (b'date,close\n"' + b"x" * 200_000, "field larger than"),
    ],
)
def test_unreadable_value_is_named(body, place):
    error = parse(body).failed["X"]
    assert type(error) is MalformedError
    assert place.lower() in str(error).lower()
    assert "a.csv" in str(error)


@pytest.mark.parametrize(
    "dates",
    [
        pa.array(DAYS, pa.date32()),
        pa.array([day.isoformat() for day in DAYS]),
        pa.array([1_710_367_200 * 10**9 + n * 86_400 * 10**9 for n in range(2)], pa.timestamp("ns")),
        pa.array(
            [datetime(2024, 3, day, 20, tzinfo=ZoneInfo("America/New_York")) for day in (13, 14)],
            pa.timestamp("us", "America/New_York"),
        ),
    ],
    ids=["date", "text", "timestamp", "zoned"],
)
def test_parquet_dates_use_its_own_zone(dates):
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.table({"Date": dates, "Close": [2.0, None], "Dividends": [0.0, 0.5], "other": ["a", "b"]}), sink
    )
    parsed = parse(sink.getvalue().to_pybytes(), "a.parquet")
    assert parsed.failed == {}
    assert parsed.bars["session"].to_pylist() == list(DAYS)
    assert parsed.bars["dividend"].to_pylist() == [0.0, 0.5]


def test_gigabyte_in_one_column_is_not_read(access):
    """A sparse file of a gigabyte is read only up to the limit."""
    with (access.files / "a.csv").open("wb") as file:
        file.write(b"close\n")
        file.truncate(1024**3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(MalformedError, match="more than 1000000 bytes"):
        create("files").fetch(request(), dataclasses.replace(access, max_bytes=1_000_000))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes


def test_single_column_or_too_many_rows_end_early(monkeypatch):
    error = parse(b"close\n" + b"1\n" * 1_000_000).failed["X"]
    assert "it needs a column date" in str(error)
    monkeypatch.setattr(files, "_MOST_ROWS", 3)
    assert "more than 3 rows" in str(parse(b"date,close\n" + b"2024-03-13,1\n" * 4).failed["X"])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"date": ["2024-03-13"] * 4, "close": [1.0] * 4}), sink)
    assert "more than 3 rows" in str(parse(sink.getvalue().to_pybytes()).failed["X"])


def test_ten_thousand_columns_read_only_the_needed_ones():
    names = [f"c{n}" for n in range(10_000)]
    body = ",".join(["date", "close", *names]) + "\n"
    body += "".join(f"2024-03-{day},{day}{',x' * 10_000}\n" for day in (13, 14))
    assert [row["close"] for row in rows(body)] == [13.0, 14.0]
    error = parse((",".join(names) + "\n").encode()).failed["X"]
    assert len(str(error)) < 300


def parquet(table, **options):
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()


LONG_TEXT = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000), pa.array(["x" * 1_000_000]))
"""A hundred gigabytes, in a megabyte."""


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"date": LONG_TEXT, "close": [1.0] * 100_000}, "longer than 100"),
        ({"date": ["2024-03-13"], "close": [[1.0] * 1_000_000]}, "of the type"),
        ({"date": ["2024-03-13"], "close": [{"a": 1.0}]}, "of the type"),
        ({"date": ["2024-03-13"], "close": [b"1"]}, "of the type"),
        ({"date": ["2024-03-13"], "other": [1.0]}, "needs a column date and a column close"),
    ],
)
def test_parquet_bomb_is_rejected(table, message):
    body = parquet(pa.table(table), compression="zstd")
    assert len(body) < 5_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = parse(body, "a.parquet").failed["X"]
    assert type(error) is MalformedError
    assert message in str(error)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_parquet_file_with_a_large_declared_size_is_not_decompressed(monkeypatch):
    monkeypatch.setattr(files, "_MOST_BYTES", 100_000)
    table = pa.table({"date": pa.array([DAYS[0]] * 50_000), "close": [float(n) for n in range(50_000)]})
    error = parse(parquet(table, use_dictionary=False), "a.parquet").failed["X"]
    assert "unpacks to" in str(error)
    many = pa.table({"date": [day.isoformat() for day in DAYS], "close": [1.0, 2.0]})
    assert parse(parquet(many), "a.parquet").failed == {}


@pytest.mark.parametrize("place", ["folder", "file", "chain"])
def test_link_out_of_the_folder_is_blocked(access, place):
    outside = access.files.parent / "outside"
    outside.mkdir()
    (outside / "a.csv").write_text("date,close\n2024-03-13,1\n")
    (access.files / "folder").symlink_to(outside)
    (access.files / "file").symlink_to(outside / "a.csv")
    (access.files / "chain").symlink_to(access.files / "file")
    symbol = "folder/a.csv" if place == "folder" else place
    with pytest.raises(BlockedError, match="leads out of"):
        create("files").fetch(request(symbol), access)


def test_named_pipe_does_not_block(access):
    os.mkfifo(access.files / "a.csv")
    with pytest.raises(NotFoundError, match="is no file"):
        create("files").fetch(request(), access)
