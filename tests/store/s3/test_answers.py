"""A command prints the same for a lake in a bucket and for the same lake in a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from ...sample import Run
from ...trouble.lakes import SECOND
from .world import SECRET, Bucket

WINDOW = ("--from", "2023-12-26", "--to", "2024-01-07")
# the first also publishes the lake at its new location; each with its exit code and an expected
# text
COMMANDS = {
    ("reconcile", "EURO", "--from", "2023"): (3, "ecb-bundled"),
    ("matrix", "--frequency", "daily", *WINDOW): (0, "correlation"),
    ("portfolio", "60 METAL, 40 COIN", "--sleeve", "COIN", *WINDOW): (0, "sleeve"),
    ("explain", "COIN", "METAL", "--since", "2024-01-06"): (0, "2023-12-31"),
}


def test_bucket_answers_equal_folder_answers(
    full_bucket: Bucket, full_home: Path, tmp_path: Path, run: Run
) -> None:
    home = tmp_path / "home"
    shutil.copytree(full_home, home)
    for command, (code, named) in COMMANDS.items():
        arguments = (*command, "--home", home, "--now", SECOND, "--format", "json")
        folder, bucket = run(*arguments), run(*arguments, "--lake", full_bucket.url)
        assert (bucket.code, bucket.out) == (folder.code, folder.out), bucket.err
        assert folder.code == code, folder.err
        assert named in folder.out
        assert SECRET not in bucket.out + bucket.err
