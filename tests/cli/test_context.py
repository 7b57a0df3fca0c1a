"""`spokewright context`, the keys that are kept for contexts, and the environments of azd."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from cli.contexts import contexts_file, load_contexts
from cli.keys import keep_key, kept_key, keys_file
from cli.session import Chosen, open_session
from tests.cli.fake_api import KEY, FakeApi, problem
from tests.cli.test_cleaning import PAYLOADS, unseen

if TYPE_CHECKING:
    from tests.cli.conftest import Run

PROD = ("context", "add", "prod", "--url", "https://prod.example")
SECRET = "a-function-key=="


class Ring(KeyringBackend):
    """A keyring in memory, which may be locked."""

    priority = 1

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library's
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        """Return what was kept."""
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it, unless locked."""
        if self.locked:
            raise KeyringLocked("no")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it, unless locked."""
        if self.locked:
            raise KeyringLocked("no")
        del self.kept[service, username]


@pytest.fixture
def ring() -> Iterator[Ring]:
    """Put a keyring in place."""
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def local_stack(url: str = "http://127.0.0.1:7071") -> None:
    """Write what the local stack says of itself below this folder."""
    Path(".local").mkdir(exist_ok=True)
    bus = "Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=a;SharedAccessKey=c2VjcmV0;UseDevelopmentEmulator=true"
    told = {"functions": url, "functionKey": SECRET, "serviceBus": bus}
    Path(".local/endpoints.json").write_text(json.dumps(told))


def environment(name: str, **values: str) -> None:
    """Write an environment of azd below this folder."""
    folder = Path(".azure") / name
    folder.mkdir(parents=True)
    (folder / ".env").write_text("# made by azd\n" + "".join(f'{key}="{value}"\n' for key, value in values.items()))


def test_contexts_are_added_used_shown_and_removed(run: Run) -> None:
    """The life of a context: from then on it is meant where nothing is said, until it is removed."""
    assert run(*PROD, "--audience", "api://prod", "--service-bus", "prod.example").out == "prod added\n"
    assert run(*PROD, "--service-bus", "prod.servicebus.windows.net").out == "prod changed\n"
    assert run("context", "use", "prod").out == "prod is used   https://prod.example\n"
    assert open_session(Chosen()).api == "https://prod.example/api/"
    assert json.loads(run("context", "show", "-o", "json").out) == {
        "name": "prod",
        "url": "https://prod.example",
        "signsInBy": "SPOKEWRIGHT_KEY",
        "serviceBus": "prod.servicebus.windows.net",
        "from": "kept",
    }
    assert run("context", "remove", "prod").out == "prod removed\n"
    assert load_contexts().known == {}
    assert load_contexts().current == ""


def test_all_are_listed_and_the_one_that_is_meant_is_marked(run: Run) -> None:
    """What is kept, what azd knows, the local stack; names alone with `-o name`."""
    local_stack()
    environment("dev", SPOKEWRIGHT_URL="https://dev.example", SPOKEWRIGHT_AUDIENCE="api://dev")
    environment("other", AZURE_LOCATION="westeurope")
    run(*PROD, "--use")
    heads, *rows = run("context", "list").out.splitlines()
    assert heads.split() == ["NAME", "ADDRESS", "SIGNS", "IN", "BY", "FROM"]
    assert [row.split() for row in rows] == [
        ["dev", "https://dev.example", "token", "for", "api://dev", "azd", "environment"],
        ["local", "http://127.0.0.1:7071", "function", "key", "local", "stack"],
        ["*", "prod", "https://prod.example", "SPOKEWRIGHT_KEY", "kept"],
    ]
    assert run("context", "list", "-o", "name").out.split() == ["dev", "local", "prod"]


def test_without_any_context_that_is_said(run: Run) -> None:
    """An empty list is no failure, and says how to add one."""
    ran = run("context", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "context add NAME" in ran.err


def test_an_environment_of_azd_is_used_as_it_is_now(run: Run) -> None:
    """It can be named in its folder; `use` keeps its address, so that no other folder's `dev` is taken for it."""
    environment("dev", SPOKEWRIGHT_URL="https://dev.example", SPOKEWRIGHT_SERVICE_BUS="dev.servicebus.windows.net")
    assert open_session(Chosen("dev")).context.service_bus == "dev.servicebus.windows.net"
    run("context", "use", "dev")
    Path(".azure/dev/.env").write_text("SPOKEWRIGHT_URL=https://evil.example\n")
    assert open_session(Chosen()).api == "https://dev.example/api/"


def test_a_key_is_kept_in_the_keyring(ring: Ring, run: Run) -> None:
    """It comes from a pipe, is sent in the header, is shown nowhere, and goes with its context."""
    ran = run(*PROD, "--key-file", "-", stdin=f"{SECRET}\n")
    assert (ran.code, ran.err) == (0, "")
    assert ring.kept == {("spokewright", "prod"): SECRET}
    assert not keys_file().exists()
    assert open_session(Chosen("prod")).headers() == {"x-functions-key": SECRET}
    shown = [run("context", "list", "-o", "yaml"), run("context", "show", "prod"), run("context", "use", "prod"), ran]
    assert "function key" in shown[0].out
    assert [one for one in shown if SECRET in one.out + one.err] == []
    run("context", "remove", "prod")
    assert ring.kept == {}


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "keeps nothing"])
def test_without_a_keyring_a_key_is_in_a_file_of_ones_own(locked: bool, run: Run) -> None:  # noqa: FBT001 - a case
    """Nobody else may read it, a warning says so, and it goes with its context; the contexts themselves hold none."""
    before = keyring.get_keyring()
    if locked:
        keyring.set_keyring(Ring(locked=True))
    try:
        ran = run(*PROD, "--key-file", "-", stdin=SECRET)
        assert ran.err == f"Warning: there is no keyring; the key is in {keys_file()}, as plain text\n"
        assert stat.S_IMODE(keys_file().stat().st_mode) == 0o600
        assert SECRET not in contexts_file().read_text()
        assert open_session(Chosen("prod")).headers() == {"x-functions-key": SECRET}
        run("context", "remove", "prod")
        assert json.loads(keys_file().read_text()) == {}
    finally:
        keyring.set_keyring(before)


def test_a_kept_key_opens_the_api(api: FakeApi, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a context and its key nothing else is needed."""
    monkeypatch.delenv("SPOKEWRIGHT_URL")
    monkeypatch.delenv("SPOKEWRIGHT_KEY")
    Path("key").write_text(KEY)
    run("context", "add", "here", "--url", api.url, "--key-file", "key", "--use")
    assert run("get", "hubs", "-o", "name").out == "hub/weu\n"


def test_a_file_that_others_may_read_is_not_used(run: Run) -> None:
    """As ssh does with private keys."""
    keep_key("prod", SECRET)
    run(*PROD)
    keys_file().chmod(0o644)
    ran = run("--context", "prod", "get", "hubs")
    assert ran.code == 2
    assert "others may read the keys" in ran.err
    assert SECRET not in ran.err


def test_a_broken_file_of_keys_is_said(run: Run) -> None:
    """It is named, and none of it is shown."""
    keep_key("prod", SECRET)
    run(*PROD)
    keys_file().write_text(f"[{SECRET}")
    ran = run("context", "remove", "prod")
    assert ran.code == 2
    assert "cannot be read" in ran.err
    assert SECRET not in ran.err


def test_a_new_key_replaces_the_old_one(ring: Ring) -> None:
    """Also one that is in the file while the keyring is there again."""
    keys_file().write_text(json.dumps({"prod": "old"}))
    keys_file().chmod(0o600)
    assert kept_key("prod") == "old"
    assert keep_key("prod", SECRET) is None
    assert json.loads(keys_file().read_text()) == {}
    assert ring.kept == {("spokewright", "prod"): SECRET}


def test_the_key_of_the_local_stack_is_shown_nowhere(run: Run) -> None:
    """Neither its function key nor that of its Service Bus."""
    local_stack()
    out = run("context", "show").out + run("context", "list", "-o", "json").out
    assert "127.0.0.1:5672" in out
    assert SECRET not in out
    assert "c2VjcmV0" not in out


FAILURES = [
    (("use", "nix"), 3, "there is no context 'nix'"),
    (("show", "nix"), 3, "there is no context 'nix'"),
    (("show",), 2, "no deployment is chosen"),
    (("remove", "nix"), 3, "no context 'nix' is kept"),
    (("add", "local", "--url", "https://x.example"), 2, "'local' cannot be a context's name"),
    (("add", "a b", "--url", "https://x.example"), 2, "'a b' cannot be a context's name"),
    (("add", "x", "--url", "x.example"), 2, "what was given is not the address"),
    (("add", "x"), 2, "Missing option '--url'"),
    (
        ("add", "x", "--url", "https://x.example", "--service-bus", "Endpoint=sb://x;SharedAccessKey=y"),
        2,
        "holds a key",
    ),
    (("nonsense",), 2, "No such command"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), FAILURES, ids=lambda value: str(value)[:30])
def test_failures_are_said(arguments: tuple[str, ...], code: int, words: str, run: Run) -> None:
    """What is wrong and what to do, in two lines; nothing is kept."""
    ran = run("context", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err.splitlines()[0]
    assert len(ran.err.splitlines()) == 2
    assert not contexts_file().exists()


def test_what_is_no_key_is_not_kept(run: Run) -> None:
    """An empty pipe, or the error of the command before it."""
    for text in ("", "ERROR: no such app", "\x1b[2J"):
        ran = run(*PROD, "--key-file", "-", stdin=text)
        assert ran.code == 2
        assert "that is no function key" in ran.err
        assert kept_key("prod") == ""


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_hostile_environments_are_shown_clean(payload: str, run: Run) -> None:
    """An azd environment of a downloaded folder cannot act on the terminal."""
    name = payload.replace("/", "").replace("\x00", "").encode("utf-8", "replace").decode()
    environment(name, SPOKEWRIGHT_URL=f"https://{name}", SPOKEWRIGHT_SERVICE_BUS=name, SPOKEWRIGHT_AUDIENCE=name)
    for arguments in (("list",), ("list", "-o", "name"), ("show", name), ("use", "nix"), ("list", "-o", "yaml")):
        ran = run("context", *arguments)
        assert unseen(ran.out + ran.err) == []


KEPT_OUT: dict[str, tuple[int, Any]] = {
    "SignInRequired": problem(401, "nobody signed in", "SignInRequired"),
    "the platform refused it": (401, None),
}


@pytest.mark.parametrize("words", KEPT_OUT)
def test_a_deployment_that_is_not_fooled(api: FakeApi, run: Run, words: str) -> None:
    """The headers did not arrive, or the platform wants something first: neither key nor token goes along."""
    api.key = None
    api.scripts["GET hubs"] = [KEPT_OUT[words]]
    ran = run("context", "check")
    assert (ran.code, "is not fooled" in ran.out, words in ran.out) == (0, True, True)
    (asked,) = api.asked
    assert "x-ms-client-principal" in asked.headers
    assert not {"x-functions-key", "authorization"} & asked.headers.keys()


FOOLED: dict[str, list[tuple[int, Any]]] = {
    "let in": [],
    "known, with too few roles": [problem(403, "this needs the app role", "RoleNeeded")],
    "seen, of another tenant": [problem(401, "its tenant may not sign in here", "PrincipalRefused")],
}


@pytest.mark.parametrize("answers", FOOLED.values(), ids=FOOLED)
def test_a_deployment_that_believes_forged_headers(api: FakeApi, run: Run, answers: list[tuple[int, Any]]) -> None:
    """Exit code 1, and what to do at once."""
    api.key = None
    if answers:
        api.scripts["GET hubs"] = answers
    ran = run("context", "check")
    assert (ran.code, "set SPOKEWRIGHT_ACCESS to keys now" in ran.err) == (1, True)


def test_a_deployment_that_does_not_answer_proves_nothing(api: FakeApi, run: Run) -> None:
    """Busy is neither the one nor the other: said as any other failure."""
    api.key = None
    api.scripts["GET hubs"] = [problem(503, "busy", "Transient")]
    assert run("context", "check").code == 5
