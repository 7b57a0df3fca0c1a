"""A stand-in for Azure Service Bus on one machine: AMQP 1.0 for the real azure-servicebus client.

It must import nothing of ours: an oracle that shares our parser cannot catch our bugs.
What it models and what it does not: see `namespace` (messages), `entities` (queues and topics).
"""

from local.broker.entities import DEFAULT_ENTITIES, Entities, Queue, Topic
from local.broker.server import Broker

__all__ = ["DEFAULT_ENTITIES", "Broker", "Entities", "Queue", "Topic"]
