"""What is deployed, and that it starts with nothing but its own requirements."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pathspec
import pytest

ROOT = Path(__file__).parents[2]
DEPLOYED = {"function_app.py", "host.json", "requirements.txt"}
STAYS = ("local", "cli", "tests", "bench", "infra", "docs", "examples", ".venv", ".git", ".ci")
SETTINGS = {"SPOKEWRIGHT_STORE": "sqlite:unused.db", "SERVICE_BUS": "unused"}


def deployed_files() -> set[str]:
    """Return what `.funcignore` leaves to be deployed, as Core Tools read it: like `.gitignore`."""
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {path for path in tracked.splitlines() if not ignored.match_file(path)}


def test_only_the_app_is_deployed() -> None:
    """`.funcignore` lets the entry point, its settings and the two packages through, and nothing else."""
    files = deployed_files()
    packages = {path for path in files if path.startswith(("orchestration/", "shared/"))}
    assert files - packages == DEPLOYED
    assert "shared/web/static/index.html" in packages


@pytest.mark.parametrize("folder", STAYS)
def test_what_is_not_the_app_stays(folder: str) -> None:
    """Nothing of the local stack, the tests or the documents is deployed."""
    assert not [path for path in deployed_files() if path.split("/")[0] == folder]


@pytest.mark.slow
def test_the_app_starts_with_its_own_requirements(tmp_path: Path) -> None:
    """In a clean interpreter with only `requirements.txt`, the deployed files index without `azure.mgmt`."""
    for path in deployed_files():
        target = tmp_path / "site" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / path).read_bytes())
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]
    subprocess.run(install, cwd=tmp_path / "site", check=True)
    script = (
        "import sys, function_app as f; names = [x.get_function_name() for x in f.app.get_functions()];"
        "assert 'reconcile' in names and 'provisioning_requests' in names, names;"
        "print([m for m in sys.modules if m.startswith('azure.mgmt')])"
    )
    environment = {**SETTINGS, "PATH": os.environ["PATH"]}
    started = subprocess.run(
        [str(python), "-c", script], cwd=tmp_path / "site", env=environment, capture_output=True, text=True, check=False
    )
    assert started.returncode == 0, started.stderr
    assert started.stdout.strip() == "[]"


def test_loading_the_app_loads_no_management_client() -> None:
    """Importing `function_app` loads no client of Azure and nothing that telemetry needs: they cost a cold start."""
    late = ("azure.mgmt", "azure.servicebus", "azure.data", "azure.identity", "azure.monitor")
    late += ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.metrics", "opentelemetry._logs", "requests")
    script = f"import sys, function_app; print([m for m in sys.modules if m.startswith({late!r})])"
    started = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, **SETTINGS, "SPOKEWRIGHT_TELEMETRY": "off"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert started.stdout.strip().splitlines()[-1] == "[]"
