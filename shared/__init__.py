"""What the app is made of; it knows nothing of Azure Functions."""

VERSION = "0.1.0"
"""Ours, as Azure's logs and telemetry name us: the app is deployed as files, so that no package says it."""
