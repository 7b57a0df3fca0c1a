"""`make demo`: a first private cluster on the local stack, asked for by one message, with its progress on the screen.

Everything that runs is the real thing (app, durable SDK, Azure SDKs, Service Bus client) but Azure, which is simulated.
"""

from local.demo.story import run

__all__ = ["run"]
