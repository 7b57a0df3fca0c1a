"""Questions and answers over the wire: every answer as it came, every refusal an error of our tree."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from shared.arm import translation
from shared.arm.progress import Reply
from shared.telemetry import names, trace

if TYPE_CHECKING:
    from shared.arm.clients import Clients
    from shared.arm.credentials import Duty
    from shared.arm.settings import ArmSettings

REFUSED = 400


class Exchange:
    """Sends requests over the clients' pipelines; `about` is the resource that an error will name."""

    def __init__(self, settings: ArmSettings, clients: Clients) -> None:
        self._settings = settings
        self._clients = clients

    async def call(self, about: str, method: Callable[..., Any], *arguments: Any, **options: Any) -> tuple[Reply, ...]:
        """Call a client's method and return the answers as they came over the wire, not as the client's models."""
        responses: list[Any] = []
        with self._translated(about):
            calling = method(*arguments, raw_response_hook=lambda it: responses.append(it.http_response), **options)
            if hasattr(calling, "by_page"):
                async for _ in calling.by_page():
                    pass
            else:
                await calling
            return tuple(map(_reply, responses))

    async def get(self, about: str, url: str, duty: Duty) -> Reply:
        """Send one GET to a URL, or to a path on the endpoint, as the identity of a duty."""
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - costs a cold start

        request = HttpRequest("GET", urljoin(f"{self._settings.base_url}/", url))
        with self._translated(about):
            response = (await self._clients.pipeline(duty).run(request)).http_response
        reply = _reply(response)
        if reply.status >= REFUSED:
            raise translation.of_response(reply.status, reply.headers, reply.body, about)
        return reply

    async def get_pages(self, about: str, url: str, duty: Duty) -> tuple[Reply, ...]:
        """Send one GET for each page of a list that no client serves."""
        replies: list[Reply] = []
        following: str | None = url
        while following:
            reply = await self.get(about, following, duty)
            if not isinstance(reply.body, dict):
                raise translation.of_no_answer(ValueError("a page of a list is no JSON object"), about)
            replies.append(reply)
            following = reply.body.get("nextLink")
        return tuple(replies)

    @contextmanager
    def _translated(self, about: str) -> Iterator[None]:
        """Turn what the SDK raises into our tree, chained."""
        from azure.core import exceptions as sdk  # noqa: PLC0415 - costs a cold start

        try:
            with trace.about({names.RESOURCE: about}):
                yield
        except (sdk.DecodeError, sdk.ServiceRequestError, sdk.ServiceResponseError) as error:
            raise translation.of_no_answer(error, about) from error
        except sdk.HttpResponseError as error:
            answer: Any = error.response
            if answer is None or not self._settings.serves(str(answer.request.url)):
                raise translation.of_no_token(error, about, getattr(answer, "status_code", 0)) from error
            reply = _reply(answer)
            raise translation.of_response(reply.status, reply.headers, reply.body, about) from error


def _reply(response: Any) -> Reply:
    """Read an answer. A read's that cannot be read is no answer; a write's headers say where to look all the same."""
    text, body = response.text(), None
    if text:
        try:
            body = json.loads(text)
        except ValueError as error:
            if response.status_code < REFUSED and response.request.method == "GET":
                raise translation.of_no_answer(error) from error
    return Reply(response.status_code, response.headers, body, str(response.request.url))
