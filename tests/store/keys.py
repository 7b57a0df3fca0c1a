"""The documents that the store's tests speak of."""

from __future__ import annotations

from shared.model.envelope import DocumentKey

HUB = DocumentKey("Hub", "weu")
SPOKE = DocumentKey("Spoke", "payments")
