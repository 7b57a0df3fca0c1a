"""pip-audit asks the package index what is known of every locked package. Where nobody answers, that is said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.lock import LOCKS, ROOT

KNOWN_BAD = "requests==2.19.0"
"""Of this one faults are known since 2018: who does not find them has not asked anybody."""


def audit(*files: Path) -> list[dict[str, Any]]:
    """Return what pip-audit says of each package in some files; nothing where it could not work."""
    listed = [text for file in files for text in ("-r", str(file))]
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "-f", "json", *listed]
    ran = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    try:
        return list(json.loads(ran.stdout)["dependencies"])
    except ValueError:
        return []


@pytest.mark.slow
def test_nothing_is_known_against_what_is_locked(tmp_path: Path) -> None:
    """No locked package has a known fault, and there is none that could not be asked about."""
    canary = tmp_path / "canary.txt"
    canary.write_text(f"{KNOWN_BAD}\n", encoding="utf-8")
    if not any(each.get("vulns") for each in audit(canary)):
        pytest.skip(f"nobody who knows of faults can be asked from here: nothing is known of {KNOWN_BAD}")
    told = audit(*(ROOT / lock for lock in LOCKS.values()))
    assert told
    assert [each for each in told if each.get("vulns") or "skip_reason" in each] == []
