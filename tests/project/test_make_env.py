"""`make env`: a random value for each secret; an existing file is not changed."""

from __future__ import annotations

import re
import shutil
import subprocess
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from .compose_file import PROJECT, REQUIRED, TEXT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/env", ".env.example", "instruments.toml", "claims.toml"):
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def make_env(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(checkout / "scripts" / "env")], capture_output=True, text=True, check=False
    )


def values(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_make_env_generates_every_secret_readable_by_its_owner_only(checkout: Path) -> None:
    assert make_env(checkout).returncode == 0
    made = values(checkout / ".env")
    secrets = set(REQUIRED.findall(TEXT))
    assert made.keys() == values(checkout / ".env.example").keys()
    assert {name for name, value in made.items() if value} == secrets
    assert len({made[name] for name in secrets}) == len(secrets)
    for name in secrets:
        # valid in a URL without escaping
        assert re.fullmatch(r"[A-Za-z0-9_-]+=?", made[name])
        # HS512 wants a key of at least 64 bytes
        length = 64 if name == "JWT_SECRET" else 32
        assert len(urlsafe_b64decode(made[name] + "=" * (-len(made[name]) % 4))) == length
    assert made["FERNET_KEY"].endswith("=")
    assert (checkout / ".env").stat().st_mode & 0o777 == 0o600
    assert (checkout / "config" / "instruments.toml").stat().st_mode & 0o044 == 0o044
    assert sorted(path.name for path in checkout.iterdir()) == [
        ".env", ".env.example", "claims.toml", "config", "instruments.toml", "scripts",
    ]  # fmt: skip


def test_make_env_keeps_an_existing_file(checkout: Path) -> None:
    (checkout / ".env").write_text("POSTGRES_PASSWORD=mine\n")
    completed = make_env(checkout)
    assert completed.returncode == 1
    assert ".env exists and stays unchanged" in completed.stderr
    assert (checkout / ".env").read_text() == "POSTGRES_PASSWORD=mine\n"
    assert not (checkout / "config").exists()

    (checkout / ".env").unlink()
    (checkout / "config").mkdir()
    (checkout / "config" / "instruments.toml").write_text("# mine\n")
    assert make_env(checkout).returncode == 0
    assert (checkout / "config" / "instruments.toml").read_text() == "# mine\n"
