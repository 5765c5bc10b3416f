"""A commit is disturbed at each of its requests: all of it or nothing is visible, and the next
writer continues."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

from marketlake.model.errors import LakeOvertakenError, LakeUnreachableError
from marketlake.store.bucket.copy import refresh

from ...campaign_size import campaign
from . import commits
from .world import Bucket, each_request, unlike_manifest

Send = Callable[[], Any]
_machine = count(1)


class Disturbed:
    """Replaces one request of a work, or that one and all that follow.

    Requests of the replacement are not counted.
    """

    def __init__(self, number: int, disturb: Callable[[str, Send], Any], *, for_good: bool = False) -> None:
        self.number, self.disturb, self.for_good = number, disturb, for_good
        self.seen, self.busy, self.happened = 0, False, False
        self.counting = threading.Lock()

    def __call__(self, method: str, url: str, send: Send) -> Any:
        with self.counting:
            if self.busy and not self.for_good:
                return_now = True
            else:
                self.seen += 1
                return_now = self.seen < self.number if self.for_good else self.seen != self.number
                self.busy = self.busy or not return_now
        if return_now:
            return send()
        self.happened = True
        try:
            return self.disturb(url, send)
        finally:
            self.busy = False


@pytest.fixture
def lake(bucket: Bucket) -> Bucket:
    """The lake after the first commit; machine `here` has a copy."""
    commits.first(bucket.copy())
    return bucket


def other_machine(lake: Bucket) -> Path:
    """The copy of another machine, as current as that of `here`."""
    root = lake.copy(f"machine{next(_machine)}")
    shutil.copytree(lake.copy(), root)
    return root


def new_machine(lake: Bucket) -> Path:
    """The copy of a new machine that has just fetched it."""
    root = lake.copy(f"machine{next(_machine)}")
    refresh(root)
    return root


def state(root: Path) -> dict[str, bytes]:
    """The files of a copy, as its readers see them."""
    paths = [*root.glob("*/**/*.parquet"), root / "manifest.json", root / "market.duckdb"]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


Work = Callable[[Path], None]
Failed = LakeOvertakenError | LakeUnreachableError | None


def disturbances(
    lake: Bucket, disturb: Callable[[str, Send], Any], work: Work = commits.second, *, for_good: bool = False
) -> Iterator[tuple[Path, Failed]]:
    """Repeat the work from the same state, disturbed at each of its requests in turn.

    Yields the writer's copy and its error. The suite takes every fourth request, a campaign each.
    """
    before = lake.read()
    for number in count(1, 1 if campaign() else 4):
        lake.replace_all(before)
        root, disturbed, failed = other_machine(lake), Disturbed(number, disturb, for_good=for_good), None
        with each_request(disturbed):
            try:
                work(root)
            except (LakeUnreachableError, LakeOvertakenError) as error:
                failed = error
        if not disturbed.happened:
            assert number > 25
            lake.replace_all(before)
            return
        yield root, failed


def after(lake: Bucket, *work: Work) -> dict[str, bytes]:
    """The objects after this undisturbed work; the bucket is reset."""
    before = lake.read()
    for each in work:
        each(other_machine(lake))
    objects = lake.read()
    lake.replace_all(before)
    return objects


def test_readers_see_all_or_none_of_a_commit(lake: Bucket) -> None:
    old, new = lake.read(), after(lake, commits.second)
    assert unlike_manifest(old) == unlike_manifest(new) == []
    whole = {path: {old.get(path), new.get(path)} for path in old.keys() | new.keys()}
    seen: list[bool] = []
    reader = other_machine(lake)

    def check_readers(url: str, send: Send) -> Any:
        refresh(reader)
        readers = [reader] if len(seen) % 5 else [reader, new_machine(lake)]
        for root in readers:
            assert state(root) in (old, new)
        seen.append(state(reader) == new)
        # any glob sees each file whole
        assert all(content in whole[path] for path, content in lake.read().items() if path in whole)
        return send()

    for _, failed in disturbances(lake, check_readers):
        assert failed is None
        assert lake.read() == new
    assert {True, False} == set(seen)


def test_request_or_response_lost_once_changes_nothing(lake: Bucket) -> None:
    expected, turn = after(lake, commits.second), cycle([True, True, False])

    def lose_response(url: str, send: Send) -> Any:
        if next(turn):
            send()
        raise ConnectionClosedError(endpoint_url=url)

    for _, failed in disturbances(lake, lose_response):
        assert failed is None
        assert lake.read() == expected


def test_next_writer_continues_after_the_store_fails_permanently(lake: Bucket) -> None:
    old, expected = lake.read(), after(lake, commits.second)
    last, same = after(lake, commits.second, commits.third), cycle([True, False])
    decided = []

    def fail(url: str, send: Send) -> Any:
        raise EndpointConnectionError(endpoint_url=url)

    for root, failed in disturbances(lake, fail, for_good=True):
        assert isinstance(failed, LakeUnreachableError)
        decided.append(lake.read()["manifest.json"] == expected["manifest.json"])
        assert state(new_machine(lake)) == (expected if decided[-1] else old)
        # the same machine continues, or another one
        root = root if next(same) else other_machine(lake)
        if not decided[-1]:
            commits.second(root)
        commits.third(root)
        assert lake.read() == last
    assert decided == sorted(decided)
    assert {True, False} == set(decided)


def test_concurrent_writer_at_any_request_loses_nothing(lake: Bucket) -> None:
    """The later writer gets an error or commits after the first."""
    orders = [after(lake, commits.second, commits.third), after(lake, commits.third, commits.second)]
    overtaken = []

    def commit_in_between(url: str, send: Send) -> Any:
        commits.third(other_machine(lake))
        return send()

    for root, failed in disturbances(lake, commit_in_between):
        overtaken.append(isinstance(failed, LakeOvertakenError))
        if overtaken[-1]:
            assert "another writer changed" in str(failed)
            commits.second(root)
        assert lake.read() in orders
    assert {True, False} == set(overtaken)


def test_stalled_writer_reverts_nothing(lake: Bucket) -> None:
    """It committed, others moved its files into place and continued; when it resumes, it leaves
    theirs unchanged."""

    def overtake(url: str, send: Send) -> Any:
        for work in (commits.third, commits.second):
            work(other_machine(lake))
        return send()

    for _ in disturbances(lake, overtake):
        assert unlike_manifest(lake.read()) == []


def test_lost_response_to_the_commit_request_is_a_commit(lake: Bucket) -> None:
    """boto repeats the request, which finds its own object."""
    expected, lost = after(lake, commits.second), count(1)

    def lose_response(method: str, url: str, send: Send) -> Any:
        answer = send()
        if method == "PUT" and url.endswith("/manifest.json") and next(lost) == 1:
            raise ConnectionClosedError(endpoint_url=url)
        return answer

    with each_request(lose_response):
        commits.second(other_machine(lake))
    assert lake.read() == expected
    assert next(lost) > 2
