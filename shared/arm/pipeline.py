"""The one HTTP pipeline of all azure-mgmt clients: one connection pool, one token, and no waiting.

The clients' own pipelines would retry 429 and 5xx in silence, sleep for `Retry-After` and register resource providers
behind our back, all inside an activity that is paid for by the second. Here a write is sent once, and orchestrations
do the waiting. Imports azure-mgmt-core and aiohttp, so import it only when the first request is made.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from azure.core.exceptions import (
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline import AsyncPipeline, PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncHTTPPolicy,
    ContentDecodePolicy,
    CustomHookPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

from shared import VERSION
from shared.arm.calls import CallSpans
from shared.model.errors import Denied

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline.transport import AsyncHttpTransport

    from shared.arm.settings import ArmSettings

CONNECT_SECONDS, READ_SECONDS = 5, 30
"""Azure answers a write within seconds; one that is given up here may have been accepted all the same."""

CONNECTIONS = 64
QUICK_PAUSE = 0.2


class OneEndpoint(SansIOHTTPPolicy[Any, Any]):
    """Refuses every request that would carry our token elsewhere: operation URLs and next links come from outside."""

    def __init__(self, settings: ArmSettings) -> None:
        self._settings = settings

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Look at the URL before a token is put on it."""
        if not self._settings.serves(request.http_request.url):
            host = str(urlsplit(request.http_request.url).netloc)[:100]
            raise Denied(f"a link from Azure leads to {host}, which is not Azure's endpoint", code="ForeignLink")


class QuickRetry(AsyncHTTPPolicy[Any, Any]):
    """Sends a read once more where the connection broke; never a write, which may have been accepted."""

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send, and for a GET once more after a short pause."""
        try:
            return await self.next.send(request)
        except (ServiceRequestTimeoutError, ServiceResponseTimeoutError):
            raise  # This took long enough.
        except (ServiceRequestError, ServiceResponseError):
            if request.http_request.method != "GET":
                raise
        await asyncio.sleep(QUICK_PAUSE)
        return await self.next.send(request)


def open_pipeline(
    settings: ArmSettings, credential: AsyncTokenCredential, transport: AsyncHttpTransport[Any, Any]
) -> AsyncPipeline[Any, Any]:
    """Make the pipeline of one identity over a transport that several may share."""
    policies: list[Any] = [
        RequestIdPolicy(),
        UserAgentPolicy(user_agent=f"spokewright/{VERSION}"),
        ContentDecodePolicy(),
        QuickRetry(),
        OneEndpoint(settings),
        AsyncARMChallengeAuthenticationPolicy(credential, settings.token_scope),
        CustomHookPolicy(),
        CallSpans(),
    ]
    return AsyncPipeline(transport, policies)


def open_transport(ca_bundle: str | None) -> AioHttpTransport:
    """Open the connection pool on the event loop that will use it: one TLS context, no proxy, no cookies."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca_bundle), limit=CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )
    # aiohttp would repeat a PUT or DELETE on a kept connection that broke: on a cluster that preempts the first one.
    session._retry_connection = False  # noqa: SLF001 - no public way; a test fails should aiohttp rename it
    return AioHttpTransport(session=session, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
