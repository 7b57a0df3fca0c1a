"""What loading the replies costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CODE = (
    "import sys; from shared.notify.replies import Replies; Replies('Endpoint=sb://x/'); print('azure' in sys.modules)"
)


def test_loads_lazily() -> None:
    """Making the replies loads no Azure package: a request for status must not pay for it."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", CODE]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
