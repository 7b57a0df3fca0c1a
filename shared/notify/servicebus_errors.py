"""What Service Bus's errors mean to a caller: one translation, remote text capped."""

from __future__ import annotations

from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.servicebus import exceptions

from shared.model.errors import Denied, Failed, NotFound, SpokewrightError, Throttled, Transient

LONGEST_MESSAGE = 300

_BRANCHES: tuple[tuple[type[AzureError], type[SpokewrightError]], ...] = (
    (ClientAuthenticationError, Denied),
    (exceptions.ServiceBusAuthenticationError, Denied),
    (exceptions.ServiceBusAuthorizationError, Denied),
    (exceptions.MessagingEntityNotFoundError, NotFound),
    (exceptions.MessagingEntityDisabledError, Failed),
    (exceptions.MessageSizeExceededError, Failed),
    (exceptions.ServiceBusServerBusyError, Throttled),
    (exceptions.ServiceBusQuotaExceededError, Throttled),
)
"""What is not here (connections, time-outs, whatever comes) passes."""


def translate(error: AzureError, entity: str) -> SpokewrightError:
    """Return the error to raise for a message that could not be sent to `entity`."""
    branch = next((ours for theirs, ours in _BRANCHES if isinstance(error, theirs)), Transient)
    first, _, _ = str(error.message).partition("\n")
    hint = "; the app's identity needs the role Azure Service Bus Data Sender" if branch is Denied else ""
    return branch(f"Cannot send to {entity}: {first[:LONGEST_MESSAGE]}{hint}", code=type(error).__name__)
