"""`make demo` on the local stack: a first private cluster by one message, and networks that other teams make.

Everything that runs is the real thing (app, durable SDK, Azure SDKs, Service Bus client) but Azure, which is simulated.
One module a scene: `first_cluster`, `appearing`, `asking`.
"""

from local.demo.story import run

__all__ = ["run"]
