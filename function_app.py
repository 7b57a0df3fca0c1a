"""The Azure entry point: settings -> dependencies -> app."""

import os

from orchestration.app import build
from orchestration.dependencies import Dependencies
from orchestration.settings import Settings
from shared import clock
from shared.telemetry.start import start

settings = Settings.read(os.environ)
start(settings.telemetry, clock.parse(settings.clock))
app = build(Dependencies(settings))
