"""Tests of what the app tells of itself: traces, metrics, log lines, and that no secret is among it."""
