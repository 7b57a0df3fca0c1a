"""The `$management` node of an entity: lock renewal, settlement by token, peeking, scheduling, deferred receive.

Sessions and subscription rules are not modelled: their operations are refused as not implemented.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from local.broker import codec
from local.broker.entities import Entities
from local.broker.envelope import render
from local.broker.messages import Reply, Request
from local.broker.namespace import Namespace, Settlement
from local.broker.refusal import (
    ARGUMENT_ERROR,
    LOCK_LOST,
    MESSAGE_NOT_FOUND,
    NOT_FOUND,
    NOT_IMPLEMENTED,
    Malformed,
    Refused,
)

_STATUS = {LOCK_LOST: 410, MESSAGE_NOT_FOUND: 404, NOT_FOUND: 404, NOT_IMPLEMENTED: 501}
_BAD_REQUEST = 400
_MAX_PEEK = 250
_RECEIVE_AND_DELETE = 0  # receiver-settle-mode of a deferred receive that deletes


class Management:
    """The node of one entity."""

    def __init__(self, namespace: Namespace, path: str) -> None:
        self._namespace = namespace
        self._path = path
        self._operations: dict[str, Callable[[dict[str, Any]], Any]] = {
            "renew-lock": self._renew_lock,
            "update-disposition": self._update_disposition,
            "peek-message": self._peek,
            "schedule-message": self._schedule,
            "cancel-scheduled-message": self._cancel,
            "receive-by-sequence-number": self._receive_deferred,
        }

    def answer(self, request: Request) -> Reply:
        """Handle one operation; whatever is wrong with it is in the answer, never an exception."""
        try:
            body = self._run(request)
        except Refused as refusal:
            return _failure(refusal.condition, refusal.description)
        except (Malformed, KeyError, TypeError, ValueError) as problem:
            return _failure(ARGUMENT_ERROR, f"The request is not valid: {problem!r}")
        if body is None:
            return _status(204, "No content")
        return Reply(_status(200, "OK").properties, body)

    def _run(self, request: Request) -> Any:
        name = codec.text(request.properties.get("operation", "")).removeprefix("com.microsoft:")
        operation = self._operations.get(name)
        if operation is None:
            raise Refused(NOT_IMPLEMENTED, f"The operation '{name}' is not supported here.")
        body = request.value if isinstance(request.value, dict) else {}
        return operation({codec.text(key): value for key, value in body.items()})

    def _renew_lock(self, body: dict[str, Any]) -> Any:
        expirations = self._namespace.renew(self._path, _tokens(body))
        return {"expirations": codec.array([codec.timestamp(each) for each in expirations])}

    def _update_disposition(self, body: dict[str, Any]) -> Any:
        settlement = Settlement(codec.text(body["disposition-status"]))
        reason = _optional_text(body.get("deadletter-reason"))
        description = _optional_text(body.get("deadletter-description"))
        for token in _tokens(body):
            self._namespace.settle(self._path, token, settlement, reason, description)
        return {}

    def _peek(self, body: dict[str, Any]) -> Any:
        count = min(int(body["message-count"]), _MAX_PEEK)
        found = self._namespace.peek(self._path, int(body["from-sequence-number"]), count)
        return {"messages": [{"message": codec.binary(render(each))} for each in found]} if found else None

    def _schedule(self, body: dict[str, Any]) -> Any:
        self._entities.require_target(self._path)
        payloads = [_fields(each)["message"] for each in body["messages"]]
        numbers = [self._namespace.schedule(self._path, bytes(payload)) for payload in payloads]
        return {"sequence-numbers": codec.array([codec.long(number) for number in numbers])}

    def _cancel(self, body: dict[str, Any]) -> Any:
        self._namespace.cancel(self._path, [int(each) for each in body["sequence-numbers"]])
        return {}

    def _receive_deferred(self, body: dict[str, Any]) -> Any:
        sequences = [int(each) for each in body["sequence-numbers"]]
        delete = body["receiver-settle-mode"] == _RECEIVE_AND_DELETE
        found = self._namespace.receive_deferred(self._path, sequences, delete=delete)
        return {"messages": [{"message": codec.binary(render(each)), "lock-token": each.token} for each in found]}

    @property
    def _entities(self) -> Entities:
        return self._namespace.entities


def _tokens(body: dict[str, Any]) -> list[UUID]:
    return [each if isinstance(each, UUID) else UUID(bytes=bytes(each)) for each in body["lock-tokens"]]


def _fields(value: dict[Any, Any]) -> dict[str, Any]:
    return {codec.text(key): each for key, each in value.items()}


def _optional_text(value: Any) -> str | None:
    return None if value is None else codec.text(value)


def _status(code: int, description: str) -> Reply:
    return Reply({"statusCode": codec.integer(code), "statusDescription": description}, None)


def _failure(condition: str, description: str) -> Reply:
    properties = _status(_STATUS.get(condition, _BAD_REQUEST), description).properties
    return Reply({**properties, "errorCondition": codec.symbol(condition)}, None)
