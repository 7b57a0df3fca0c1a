"""Durable Functions on one machine: an SQLite event store that drives the replay of the real SDK.

It must not know HTTP, keys or bindings: the host gives it functions to call and a clock.
"""
