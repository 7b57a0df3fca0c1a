"""The local stack, never deployed: simulator, broker and Functions host on one machine."""
