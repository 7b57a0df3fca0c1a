"""A small API for the command line's tests: real HTTP on this machine, documents in memory, answers by script."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

Json = dict[str, Any]

KEY = "key-of-the-test"
KINDS = {"hubs": "Hub", "spokes": "Spoke", "clusters": "Cluster"}
HASH = "17828ddb71e76308fc6f3ff17ae91dae9df98e09d89c43fe5457b80a700ff31a"
EMPTY_PLAN: Json = {"document": "", "generation": 1, "steps": [], "waits": [], "hash": HASH}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came."""

    method: str
    path: str
    params: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass(slots=True)
class FakeApi:
    """Documents and what else is answered; use as a context manager."""

    documents: dict[str, Json] = field(default_factory=dict)
    """By path, such as `hubs/weu`."""
    answers: dict[str, Any] = field(default_factory=dict)
    """Bodies of other paths, such as `events` or `hubs/weu/history`."""
    scripts: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    """By `METHOD path`: statuses and bodies that are answered first, one after the other."""
    alter: Callable[[Any], Any] = lambda body: body
    """Changes each body on its way out."""
    refusal: tuple[int, Any] | None = None
    """The answer to everything, where there is one."""
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    key: str | None = KEY
    """The function key that is wanted; None: no request may have one."""
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def store(self, *documents: Json) -> None:
        """Take documents in as they are."""
        for document in documents:
            collection = f"{document['kind'].lower()}s"
            self.documents[f"{collection}/{document['metadata']['name']}"] = document

    def sent(self, method: str) -> list[Asked]:
        """Return the requests of a method."""
        return [one for one in self.asked if one.method == method]

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """Return the status and the body of an answer."""
        if asked.headers.get("x-functions-key") != self.key:
            return 401, None
        if self.refusal:
            return self.refusal
        script = self.scripts.get(f"{asked.method} {asked.path}")
        if script:
            return script.pop(0)
        if asked.path in self.answers:
            return 200, self.answers[asked.path]
        if asked.path in KINDS:
            return 200, self._list(asked)
        parts = asked.path.split("/")
        return self._document(asked, "/".join(parts[:2]), parts[2] if len(parts) > 2 else "")

    def _list(self, asked: Asked) -> Json:
        kind, after = KINDS[asked.path], asked.params.get("after", [""])[0]
        limit = int(asked.params.get("limit", ["100"])[0])
        mine = [one for one in self.documents.values() if one["kind"] == kind and one["metadata"]["name"] > after]
        mine.sort(key=lambda one: one["metadata"]["name"])
        more = {"after": mine[limit - 1]["metadata"]["name"]} if len(mine) > limit else {}
        return {"items": mine[:limit], **more}

    def _document(self, asked: Asked, path: str, rest: str) -> tuple[int, Any]:
        if asked.method == "PUT":
            return 202, self._put(path, asked.body)
        if path not in self.documents and (asked.method, rest) != ("POST", "plan"):
            return 404, missing(path)
        if asked.method == "DELETE":
            return 202, self.documents.pop(path)
        if rest == "dns":  # As an app from before it had this.
            return 404, None
        of_rest = {"plan": EMPTY_PLAN, "history": {"items": []}, "audit": {"items": []}}
        return (200, of_rest[rest]) if rest in of_rest else (200, self.documents[path])

    def _put(self, path: str, body: Json) -> Json:
        before = self.documents.get(path)
        same = before is not None and before["spec"] == body["spec"]
        generation = before["metadata"]["generation"] + (not same) if before else 1
        stored = body | {"metadata": body["metadata"] | {"generation": generation}, "status": {}}
        self.documents[path] = before if same and before else stored
        return self.documents[path]


def problem(status: int, detail: str, code: str = "Invalid", **more: Any) -> tuple[int, Json]:
    """Return a problem document and its status."""
    return status, {
        "type": f"urn:x:{code}",
        "title": "It is so",
        "status": status,
        "detail": detail,
        "code": code,
    } | more


def missing(path: str) -> Json:
    """Return the problem document of what is not there."""
    return problem(404, f"there is no document {path}", "NotFound")[1]


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Reads a request, has it answered, writes the answer."""

        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            """Answer one request."""
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path = unquote(parts.path).removeprefix("/api/")
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, path, parse_qs(parts.query), headers, body)
            api.asked.append(asked)
            status, answer = api.answer(asked)
            self._write(status, answer if isinstance(answer, bytes) else _bytes(api.alter(answer)))

        do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 - the library's names

        def _write(self, status: int, content: bytes) -> None:
            etag = f'"{hashlib.sha256(content).hexdigest()[:12]}"'
            if status == 200 and self.command == "GET" and self.headers.get("If-None-Match") == etag:
                status, content = 304, b""
            self.send_response(status)
            self.send_header("ETag", etag)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    return Handler


def _bytes(answer: Any) -> bytes:
    return b"" if answer is None else json.dumps(answer).encode()
