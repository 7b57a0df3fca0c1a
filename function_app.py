"""The Azure entry point: settings -> dependencies -> app."""

import os

from orchestration.app import build
from orchestration.dependencies import Dependencies
from orchestration.settings import Settings

app = build(Dependencies(Settings.read(os.environ)))
