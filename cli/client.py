"""The HTTP client of the API: sends a request, returns the answer, turns a problem document into an error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from cli.errors import ApiError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from cli.session import Session

    Json = dict[str, Any]

TIMEOUT = 60.0
"""Seconds for one answer: a plan looks at Azure before it answers."""
PAGE = 1000
LARGEST = 50_000_000
"""Bytes of an answer that are read; what is longer is not ours."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the JSON of the body (None without one), and the version."""

    status: int
    body: Any
    etag: str = ""


class Api:
    """The API of one deployment; use as a context manager."""

    def __init__(self, session: Session, timeout: float = TIMEOUT) -> None:
        self._session = session
        self._timeout = timeout
        self._client: httpx.Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    @property
    def session(self) -> Session:
        """The deployment that is talked to."""
        return self._session

    def get(self, path: str, params: Mapping[str, Any] | None = None, etag: str = "") -> Answer:
        """Read; with the version of what one has, the status may be 304 and the body None."""
        return self._send("GET", path, params=params, headers={"If-None-Match": etag} if etag else {})

    def put(self, path: str, body: Json, etag: str = "") -> Answer:
        """Write a document; with a version, only where it is still that."""
        return self._send("PUT", path, body=body, headers={"If-Match": etag} if etag else {})

    def post(self, path: str, body: Json | list[Any] | None = None) -> Answer:
        """Ask for something to be done."""
        return self._send("POST", path, body=body)

    def delete(self, path: str) -> Answer:
        """Ask for a document's deletion."""
        return self._send("DELETE", path)

    def items(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[Json]:
        """Yield everything that a list has, page by page."""
        after: Any = None
        while True:
            more = {} if after is None else {"after": after}
            page = self.get(path, {"limit": PAGE, **(params or {}), **more}).body
            yield from page["items"]
            after = page.get("after")
            if after is None:
                return

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Json | list[Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        import httpx  # noqa: PLC0415 - it is slow to load; help and offline commands do without

        try:
            answer = self._opened().request(method, path, params=params, **_content(body, headers))
        except httpx.TimeoutException:
            raise self._unreachable(f"did not answer within {self._timeout:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(f"cannot be reached: {error}") from None
        return self._read(answer)

    def _opened(self) -> httpx.Client:
        import httpx  # noqa: PLC0415 - as above

        if self._client is None:
            headers = {"User-Agent": "spokewright-cli", "Accept": "application/json", **self._session.headers()}
            # A key goes to whom it is meant for: redirects are not followed, and nothing local goes by a proxy.
            # Certificates are looked at wherever there are any; to load them for plain text would cost 0.1 s.
            self._client = httpx.Client(
                base_url=self._session.api,
                headers=headers,
                timeout=self._timeout,
                trust_env=not self._session.is_local,
                verify=self._session.api.startswith("https:"),
            )
        return self._client

    def _read(self, answer: httpx.Response) -> Answer:
        body = self._json(answer)
        if answer.status_code >= 300 and answer.status_code != 304:  # noqa: PLR2004 - HTTP's own numbers
            raise ApiError(answer.status_code, body if isinstance(body, dict) else {})
        if body is None and answer.status_code == 200:  # noqa: PLR2004 - as above
            raise self._unreachable("answered with something that is not JSON")
        return Answer(answer.status_code, body, answer.headers.get("ETag", ""))

    def _json(self, answer: httpx.Response) -> Any:
        if not answer.content or len(answer.content) > LARGEST:
            return None
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError):
            return None

    def _unreachable(self, what: str) -> Unreachable:
        name = self._session.context.name
        mend = "see whether the stack runs: `spokewright local status`" if name == "local" else "check the address"
        return Unreachable(f"{self._session.context.url} (context {name}) {what}", mend)


def _content(body: Any, headers: Mapping[str, str] | None) -> Json:
    """Return what carries a body: JSON in plain characters, for text from elsewhere may hold halves of characters."""
    if body is None:
        return {"headers": headers}
    content = json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
    return {"content": content, "headers": {"Content-Type": "application/json", **(headers or {})}}
