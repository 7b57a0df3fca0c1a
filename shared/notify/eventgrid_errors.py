"""What Event Grid's errors mean to a caller: one translation, remote text capped."""

from __future__ import annotations

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ResourceNotFoundError

from shared.model.errors import Denied, Failed, NotFound, RetryLaterError, SpokewrightError, Throttled, Transient

LONGEST_MESSAGE = 300

_STATUSES: dict[int, type[SpokewrightError]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    408: Transient,
    410: NotFound,
    429: Throttled,
}

_ADVICE: dict[type[SpokewrightError], str] = {
    Denied: "; the app's identity needs the role EventGrid Data Sender on the topic, or the key is not the topic's",
    NotFound: "; look at SPOKEWRIGHT_TOPIC_ENDPOINT",
}


def translate(error: AzureError, host: str) -> SpokewrightError:
    """Return the error to raise for events that could not be published to the topic at `host`."""
    meaning = _meaning(error)
    first, _, _ = str(error.message).partition("\n")
    message = f"Cannot publish to the topic at {host}: {first[:LONGEST_MESSAGE]}{_ADVICE.get(meaning, '')}"
    code = type(error).__name__
    if issubclass(meaning, RetryLaterError):
        return meaning(message, code=code, retry_after=_retry_after(error))
    return meaning(message, code=code)


def _meaning(error: AzureError) -> type[SpokewrightError]:
    if isinstance(error, ResourceNotFoundError):
        return NotFound  # The client raises it without the answer.
    status = error.status_code if isinstance(error, HttpResponseError) else None
    if status is None:
        return Denied if isinstance(error, ClientAuthenticationError) else Transient
    return Transient if status >= 500 else _STATUSES.get(status, Failed)  # noqa: PLR2004 - the service's own faults


def _retry_after(error: AzureError) -> float | None:
    """Return the seconds that the answer asks to wait, where it says so in seconds."""
    headers = getattr(error.response, "headers", {}) if isinstance(error, HttpResponseError) else {}
    said = str(headers.get("Retry-After", ""))
    return float(said) if said.isdigit() else None
