"""The real checkers of configuration files. Where one is not installed a test is skipped, and says what it lacks."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def checked(*command: str, package: str, env: dict[str, str] | None = None) -> str:
    """Run a checker and return what it printed; its refusal fails the test."""
    ended = ran(*command, package=package, env=env)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def ran(*command: str, package: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a checker, whatever it says."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed here; it is in {package}")
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=env)


def written(folder: Path, name: str, text: str) -> str:
    """Write a file to check."""
    file = folder / name
    file.write_text(text)
    return str(file)
