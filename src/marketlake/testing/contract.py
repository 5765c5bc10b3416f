"""The contract of every source that requests a vendor, as tests."""

from __future__ import annotations

import dataclasses
import json
import socket
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from ..model.errors import (
    BlockedError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    SourceError,
    TerminalError,
    UnavailableError,
)
from ..model.schema import SERVED
from ..sources import create
from ..sources.contract import Access, Page, Parsed, Request
from ..sources.limiter import MachineLimiter
from .vendor import Canned, Case, Vendor, access_to, serve

_HOSTILE: Final = (
    "../../etc/passwd",
    "..",
    ".",
    "A/../../B",
    "A?b=c#d",
    "A\r\nX: y",
    "A\x00B",
    "é/ü",
    "%2e%2e/%00",
    "'; --",
    "a'; DROP TABLE bar; --",
    "<script>alert(1)</script>",
    "CON",
    "\u202egnp.exe",
    "=cmd|'/c calc'!A1",
    "X" * 300,
)


def ask(case: Case, access: Access, **changes: Any) -> Parsed:
    """Fetch and parse the case's request."""
    source = create(case.source)
    return source.parse(source.fetch(dataclasses.replace(case.request, **changes), access))


def failure(case: Case, access: Access, **changes: Any) -> SourceError:
    """The single error of a fetch, from fetch or parse."""
    try:
        parsed = ask(case, access, **changes)
    except SourceError as error:
        return error
    assert parsed.bars.num_rows == 0
    return parsed.failed["X"]


class SourceContract:
    """Derive a class with the attribute `case`."""

    case: Case

    @pytest.fixture(name="case")
    def given(self) -> Case:
        return self.case

    @pytest.fixture(scope="module")
    def server(self) -> Iterator[Vendor]:
        with serve() as vendor:
            yield vendor

    @pytest.fixture
    def vendor(self, server: Vendor, case: Case) -> Vendor:
        server.reset(case.always)
        return server

    @pytest.fixture
    def waited(self) -> list[str]:
        """The sources that called the limiter, in order."""
        return []

    @pytest.fixture
    def access(self, case: Case, vendor: Vendor, tmp_path: Path, waited: list[str]) -> Access:
        return access_to(vendor, tmp_path, waited, {case.source: case.key} if case.key else {})

    @pytest.fixture(scope="module")
    def bomb(self) -> bytes:
        """A third of a gigabyte, compressed to a third of a megabyte."""
        packer = zlib.compressobj(1, wbits=31)
        return b"".join(packer.compress(b" " * 1_000_000) for _ in range(300)) + packer.flush()

    def test_valid_response_becomes_rows(self, case: Case, vendor: Vendor, access: Access) -> None:
        vendor.answer = case.good
        parsed = ask(case, access)
        rows = sorted(parsed.bars.to_pylist(), key=lambda row: row["session"])
        assert parsed.failed == {}
        assert parsed.bars.schema.equals(SERVED, check_metadata=True)
        assert [(row["session"], row["close"]) for row in rows] == [
            (date(2024, 3, 13), 2.0),
            (date(2024, 3, 14), 3.0),
        ]
        expected = (1.0, 3.0, 0.5, 10.0) if case.opens else (None,) * 4
        assert tuple(rows[0][name] for name in ("open", "high", "low", "volume")) == expected
        assert {(row["dividend"], row["split"], row["currency"]) for row in rows} == {
            (0.0, 1.0, case.currency)
        }
        assert {row["instrument_id"] for row in rows} == {"X"}

    def test_response_is_kept_as_served_without_secrets(
        self, case: Case, vendor: Vendor, access: Access
    ) -> None:
        vendor.answer = dataclasses.replace(case.good, headers={"Set-Cookie": "a=secret", "X-Kept": "yes"})
        pages = create(case.source).fetch(case.request, access)
        assert all(page.body == case.good.body and page.status == 200 for page in pages)
        assert all(page.headers["x-kept"] == "yes" for page in pages)
        assert all(page.url.startswith(f"{vendor.url}/{case.source}/") for page in pages)
        assert "secret" not in repr([(page.url, page.headers) for page in pages])

    def test_empty_window_is_no_error(self, case: Case, vendor: Vendor, access: Access) -> None:
        vendor.answer = case.empty
        parsed = ask(case, access)
        assert (parsed.bars.num_rows, parsed.failed) == (0, {})

    def test_unknown_symbol_is_not_found(self, case: Case, vendor: Vendor, access: Access) -> None:
        vendor.answer = case.not_found
        error = failure(case, access, symbol=case.unknown or case.symbol)
        assert isinstance(error, NotFoundError)
        assert "instruments.toml" in str(error)

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (403, BlockedError),
            (451, BlockedError),
            (999, BlockedError),
            (500, UnavailableError),
            (503, UnavailableError),
        ],
    )
    def test_http_status_maps_to_its_error(
        self, case: Case, vendor: Vendor, access: Access, status: int, expected: type[SourceError]
    ) -> None:
        vendor.answer = Canned(b"<html>sorry</html>", status)
        assert type(failure(case, access)) is expected

    def test_rate_limit_error_has_the_wait(self, case: Case, vendor: Vendor, access: Access) -> None:
        vendor.answer = Canned(b"Too Many Requests", 429, {"Retry-After": "7"})
        error = failure(case, access)
        assert isinstance(error, RateLimitedError)
        assert error.retry_after == 7.0

    @pytest.mark.parametrize("status", [403, 451])
    def test_permanent_refusal_is_requested_once_and_is_terminal(
        self, case: Case, vendor: Vendor, access: Access, status: int
    ) -> None:
        """Whatever ccxt and yfinance do: ccxt treats 451 and 403 as retryable, yfinance retries."""
        vendor.answer = Canned(
            b'{"code": 0, "msg": "Service unavailable from a restricted location"}', status
        )
        error = failure(case, access)
        assert isinstance(error, TerminalError)
        assert error.outcome == "blocked"
        assert len(vendor.asked) == 1

    def test_source_on_hold_gets_no_request(
        self, case: Case, vendor: Vendor, access: Access, tmp_path: Path
    ) -> None:
        closed = MachineLimiter(tmp_path / "limits", access.clock, lambda _: 1000.0)
        closed.shut(case.source, 1800)
        error = failure(case, dataclasses.replace(access, limiter=closed))
        assert isinstance(error, RateLimitedError)
        assert 1700 < (error.retry_after or 0) <= 1800
        assert vendor.requests == []

    @pytest.mark.parametrize(
        "body", [b"<html>hello</html>", b"", b"[" * 200_000, b"\x00\xff\xfe", b"{}", b"null", b"[1]"]
    )
    def test_another_document_is_malformed(
        self, case: Case, vendor: Vendor, access: Access, body: bytes
    ) -> None:
        vendor.answer = Canned(body)
        assert type(failure(case, access)) is MalformedError

    def test_half_a_response_is_malformed(self, case: Case, vendor: Vendor, access: Access) -> None:
        whole = case.good.body
        vendor.answer = Canned(whole[: len(whole) // 2])
        assert type(failure(case, access)) is MalformedError

    def test_truncated_response_is_malformed(self, case: Case, vendor: Vendor, access: Access) -> None:
        vendor.answer = Canned(case.good.body[:-3], missing=3)
        assert type(failure(case, access)) is MalformedError

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    @pytest.mark.parametrize(
        "to", ["{same}/elsewhere", "{other}/elsewhere", "file:///etc/hostname", "//{netloc}/elsewhere"]
    )
    def test_redirect_is_not_followed(
        self, case: Case, vendor: Vendor, access: Access, status: int, to: str
    ) -> None:
        """Neither on the same host nor to another one (a listener that gets no request) nor to a
        file."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            netloc = f"127.0.0.1:{other.getsockname()[1]}"
            location = to.format(same=vendor.url, other=f"http://{netloc}", netloc=netloc)
            vendor.answer = Canned(b"", status, {"Location": location})
            error = failure(case, access)
            assert isinstance(error, SourceError)
            assert Path("/etc/hostname").read_text().strip() not in str(error)
            other.setblocking(False)
            with pytest.raises(BlockingIOError, match="unavailable"):
                other.accept()
        assert not [path for path in vendor.requests if "elsewhere" in path]

    def test_unreachable_host_is_unavailable(self, case: Case, access: Access) -> None:
        away = dataclasses.replace(access, base_url="http://127.0.0.1:1")
        assert type(failure(case, away)) is UnavailableError

    def test_trickling_response_ends_in_time(self, case: Case, vendor: Vendor, access: Access) -> None:
        vendor.answer = Canned(case.good.body, pause=0.05)
        short = dataclasses.replace(access, timeout=0.4)
        before = access.clock.monotonic()
        assert type(failure(case, short)) is UnavailableError
        assert access.clock.monotonic() - before < 12  # the imports included

    def test_endless_headers_end_in_time(self, case: Case, vendor: Vendor, access: Access) -> None:
        vendor.answer = Canned(case.good.body, slow_head=0.02)
        before = access.clock.monotonic()
        assert type(failure(case, dataclasses.replace(access, timeout=0.4))) is UnavailableError
        assert access.clock.monotonic() - before < 12  # the imports included

    def test_half_a_gigabyte_is_cut_off_immediately(self, case: Case, vendor: Vendor, access: Access) -> None:
        vendor.answer = Canned(b" " * 1_000_000, repeat=500)
        assert type(failure(case, dataclasses.replace(access, max_bytes=1_000_000))) is MalformedError
        assert vendor.sent < 30_000_000

    def test_decompression_bomb_is_rejected(
        self, case: Case, vendor: Vendor, access: Access, bomb: bytes
    ) -> None:
        vendor.answer = Canned(bomb, headers={"Content-Encoding": "gzip"})
        resource = pytest.importorskip("resource")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        error = failure(case, dataclasses.replace(access, max_bytes=1_000_000))
        assert type(error) is MalformedError
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes

    def test_deeply_nested_responses_are_malformed(self, case: Case, vendor: Vendor, access: Access) -> None:
        for depth in (500, 5000):
            for opening, closing in ((b"[", b"]"), (b'{"a":', b"}"), (b'{"chart":', b"}")):
                vendor.answer = Canned(opening * depth + b"1" + closing * depth)
                assert type(failure(case, access)) is MalformedError

    def test_too_long_response_is_rejected(self, case: Case, vendor: Vendor, access: Access) -> None:
        vendor.answer = Canned(b"[" + b" " * 3_000_000 + b"]")
        error = failure(case, dataclasses.replace(access, max_bytes=1_000_000))
        assert isinstance(error, MalformedError)
        assert "1000000 bytes" in str(error)

    @pytest.mark.parametrize("symbol", _HOSTILE)
    def test_hostile_symbol_stays_a_symbol(
        self, case: Case, vendor: Vendor, access: Access, symbol: str
    ) -> None:
        vendor.answer = case.not_found
        assert isinstance(failure(case, access, symbol=symbol), SourceError)
        assert all(path.startswith(f"/{case.source}") for path in vendor.requests)
        segments = {segment for path in vendor.requests for segment in path.partition("?")[0].split("/")}
        assert not segments & {"..", ".", "etc", "passwd", "B"}

    def test_limiter_is_called_for_every_request(
        self, case: Case, vendor: Vendor, access: Access, waited: list[str]
    ) -> None:
        vendor.answer = case.good
        create(case.source).fetch(case.request, access)
        assert waited == [case.source] * len(vendor.requests)

    def test_pages_read_from_raw_parse_the_same(self, case: Case, vendor: Vendor, access: Access) -> None:
        vendor.answer = case.good
        source = create(case.source)
        pages = source.fetch(case.request, access)
        stored = [
            Page(
                Request(**dataclasses.asdict(page.request)),
                page.url,
                page.status,
                json.loads(json.dumps(dict(page.headers))),
                bytes(page.body),
            )
            for page in pages
        ]
        assert create(case.source).parse(stored).bars.equals(source.parse(pages).bars)

    def test_one_bad_response_among_many_fails_alone(
        self, case: Case, vendor: Vendor, access: Access
    ) -> None:
        source = create(case.source)
        vendor.answer = case.good
        pages = [
            page
            for instrument_id in ("A", "BAD", "C")
            for page in source.fetch(dataclasses.replace(case.request, instrument_id=instrument_id), access)
        ]
        damaged = [
            dataclasses.replace(p, body=b"<p>") if p.request.instrument_id == "BAD" else p for p in pages
        ]
        together = source.parse(damaged)
        alone = [source.parse([p for p in pages if p.request.instrument_id == i]).bars for i in ("A", "C")]
        assert set(together.failed) == {"BAD"}
        assert together.bars.to_pylist() == [row for table in alone for row in table.to_pylist()]

    def test_no_request_is_an_empty_table(self, case: Case) -> None:
        parsed = create(case.source).parse([])
        assert parsed.bars.schema.equals(SERVED)
        assert parsed.bars.num_rows == 0
