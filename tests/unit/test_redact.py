"""Secrets are removed from text, and nothing else."""

from __future__ import annotations

import time

import pytest

from marketlake.model.errors import (
    ConfigError,
    MarketlakeError,
    RateLimitedError,
    SourceError,
    without_secrets,
)
from marketlake.model.settings import load_settings
from marketlake.sources.contract import public_headers

SECRET = "hunter2-SECRET"
TEXTS = [
    f"http://user:{SECRET}@proxy:3128/x",
    f"https://{SECRET}@host/",
    f"socks5h://u:{SECRET}@[::1]:9050",
    f"http://h/p?apikey={SECRET}&x=1",
    f"http://h/p?x=1&api_key={SECRET}",
    f"http://h/p?token={SECRET}",
    f"http://h/p?access_token={SECRET}#f",
    f"/v8/chart?crumb={SECRET}",
    f"http://h/?key={SECRET}",
    f"https://h/?X-Amz-Signature={SECRET}&a=b",
    f"Authorization: Bearer {SECRET}",
    f"'Authorization': 'Basic {SECRET}'",
    f'{{"password": "{SECRET}"}}',
    f"BINANCE_SECRET={SECRET}",
    f"MARKETLAKE_API_KEY: {SECRET}",
    f"two: http://a:{SECRET}@h and token={SECRET}",
]
KEPT = [
    "yahoo answered 429 for BTC-USD: too many requests",
    "asked BTC from 2024-01-01 to 2024-02-01, sessions not served: 8 in between",
    "https://query2.finance.yahoo.com/v8/finance/chart/%5EIXIC?period1=1&interval=1d",
    "unknown key 'kalendar'; known: id, name, sources",
    "a column date and a column close; it has day, price",
    "user@example.org wrote to /a/b@c",
]


@pytest.mark.parametrize("text", TEXTS)
def test_secret_is_removed(text: str) -> None:
    assert SECRET not in without_secrets(text)
    assert "***" in without_secrets(text)


@pytest.mark.parametrize("text", KEPT)
def test_other_text_is_unchanged(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize("piece", ["a-", "token", "://a", "_", "x" * 50 + " ", "secret=", "key: "])
def test_time_is_not_quadratic_in_the_text(piece: str) -> None:
    # a backtracking pattern needs minutes for this text
    begun = time.process_time()
    shorter, longer = (without_secrets(piece * (size // len(piece))) for size in (20_000, 200_000))
    assert time.process_time() - begun < 5
    assert longer.startswith(shorter[:-1])
    assert ("***" in longer) == (piece == "secret=")


def test_no_error_contains_a_secret() -> None:
    kinds: list[type[MarketlakeError]] = [MarketlakeError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert len(kinds) > 12
    for kind in kinds:
        if kind not in {MarketlakeError, SourceError}:
            assert SECRET not in str(kind(f"http://u:{SECRET}@h token={SECRET}"))
    assert RateLimitedError("x", 3.0).retry_after == 3.0


@pytest.mark.parametrize("url", [f"http://u:{SECRET}@h", f"http://:{SECRET}@h", f"http://h?token={SECRET}"])
def test_address_with_a_secret_is_rejected_and_not_shown(tmp_path, url: str) -> None:
    with pytest.raises(ConfigError, match="must look like") as error:
        load_settings(home=tmp_path, source_url=url, environ={})
    assert SECRET not in str(error.value)


def test_headers_are_kept_without_secrets() -> None:
    headers = {"Location": f"https://h/?token={SECRET}", "Set-Cookie": SECRET, "X-A": "b", "Cookie": SECRET}
    assert public_headers(headers) == {"location": "https://h/?token=***", "x-a": "b"}
