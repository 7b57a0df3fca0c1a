"""Which deployment is meant, how one signs in there, and that no key goes where it does not belong."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import pytest
from keyring.backend import KeyringBackend

from cli.contexts import Context, Contexts, contexts_file, load_contexts, save_contexts
from cli.errors import Misused
from cli.session import Chosen, Session, open_session
from tests.cli.fake_api import KEY, FakeApi

if TYPE_CHECKING:
    from tests.cli.conftest import Run

STAGING = Context("staging", "https://staging.example", "api://staging", "staging.servicebus.windows.net")
NO_ADDRESS = "what was given is not the address of a function app"
KEPT = Contexts({"staging": STAGING, "prod": Context("prod", "https://prod.example")}, "prod")


class Safe(KeyringBackend):
    """A keyring of the test."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        """Return a key that names its context."""
        return f"{service}-{username}-key" if username == "prod" else None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep nothing."""

    def delete_password(self, service: str, username: str) -> None:
        """Delete nothing."""


def local_stack(url: str, key: str = "local-key") -> None:
    """Write what the local stack says of itself below this folder."""
    Path(".local").mkdir(exist_ok=True)
    told = {"functions": url, "functionKey": key, "serviceBus": "Endpoint=sb://127.0.0.1"}
    Path(".local/endpoints.json").write_text(json.dumps(told))


def test_contexts_are_kept() -> None:
    """What is saved is loaded again; nobody else may read the file, and no key is in it."""
    save_contexts(KEPT)
    assert load_contexts() == KEPT
    assert stat.S_IMODE(contexts_file().stat().st_mode) == 0o600
    assert KEPT.without("prod") == Contexts({"staging": STAGING}, "")
    assert Contexts().with_context(STAGING).known == {"staging": STAGING}


def test_what_is_said_counts_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """--url, then --context, then SPOKEWRIGHT_URL, the current context, and last the local stack."""
    local_stack("http://127.0.0.1:7071")
    assert open_session(Chosen()).api == "http://127.0.0.1:7071/api/"
    save_contexts(KEPT)
    assert open_session(Chosen()).context.name == "prod"
    monkeypatch.setenv("SPOKEWRIGHT_CONTEXT", "local")
    assert open_session(Chosen()).context.name == "local"
    monkeypatch.setenv("SPOKEWRIGHT_URL", "https://by-variable.example/api")
    assert open_session(Chosen()).api == "https://by-variable.example/api/"
    assert open_session(Chosen("staging")).context == STAGING
    assert open_session(Chosen("staging", "https://said.example")).api == "https://said.example/api/"


def test_options_may_stand_before_or_after_the_command(api: FakeApi, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`spokewright --url X get` and `spokewright get --url X` are the same; what is nearer counts."""
    monkeypatch.setenv("SPOKEWRIGHT_URL", "http://127.0.0.1:1")
    assert run("--url", api.url, "get", "hubs").code == 0
    assert run("get", "hubs", "--url", api.url).code == 0
    assert run("--url", "http://127.0.0.1:1", "get", "hubs", "--url", api.url).code == 0
    assert run("get", "hubs").code == 5


def test_the_local_stack_is_found(api: FakeApi, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder of a local stack nothing has to be said: its address and its own key are used."""
    monkeypatch.delenv("SPOKEWRIGHT_URL")
    monkeypatch.setenv("SPOKEWRIGHT_KEY", "of another deployment")
    local_stack(api.url, KEY)
    assert run("get", "hubs", "-o", "name").out == "hub/weu\n"


def test_a_key_comes_from_the_environment_or_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keyring's for a named context, else SPOKEWRIGHT_KEY, else none; a key that came with the address wins."""
    before = keyring.get_keyring()
    keyring.set_keyring(Safe())  # type: ignore[no-untyped-call]  # the library's
    try:
        save_contexts(Contexts({**KEPT.known, "bare": Context("bare", "https://bare.example")}))
        assert open_session(Chosen("prod")).headers() == {"x-functions-key": "spokewright-prod-key"}
        assert open_session(Chosen("bare")).headers() == {}
        monkeypatch.setenv("SPOKEWRIGHT_KEY", "by-variable")
        assert open_session(Chosen("prod")).headers() == {"x-functions-key": "spokewright-prod-key"}
        assert open_session(Chosen("bare")).headers() == {"x-functions-key": "by-variable"}
        assert open_session(Chosen(url="https://prod")).headers() == {"x-functions-key": "by-variable"}
        assert Session(KEPT.known["prod"], "own").headers() == {"x-functions-key": "own"}
    finally:
        keyring.set_keyring(before)


def test_a_token_is_sent_instead_of_a_key(api: FakeApi, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an audience azure-identity is asked, here as on App Service; no function key goes along."""
    api.key = None
    token = {"access_token": "of-the-identity", "expires_on": "4102444800", "resource": "x", "token_type": "Bearer"}
    api.answers["token"] = token
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{api.url}/api/token")
    monkeypatch.setenv("IDENTITY_HEADER", "secret")
    assert run("get", "hubs", "--audience", "api://app", "-o", "name").out == "hub/weu\n"
    first, second = api.asked
    assert first.params["resource"] == ["api://app"]
    assert second.headers["authorization"] == "Bearer of-the-identity"
    assert "x-functions-key" not in second.headers


def test_no_token_is_said(api: FakeApi, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody is signed in: exit code 2, two lines, whatever the libraries want to say."""
    api.key = None
    api.scripts["GET token"] = [(400, {"error": "\x1b[2Jno"})] * 9
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{api.url}/api/token")
    monkeypatch.setenv("IDENTITY_HEADER", "secret")
    monkeypatch.setenv("PATH", "")
    ran = run("get", "hubs", "--audience", "api://app")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 2)
    assert ran.err.startswith("Error: no token for api://app: ")
    assert [one.path for one in api.asked if one.path != "token"] == []


def test_a_key_is_not_sent_in_plain_text(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """Over http a key goes to this machine and nowhere else."""
    monkeypatch.setenv("SPOKEWRIGHT_KEY", "secret")
    ran = run("get", "hubs", "--url", "http://app.example")
    assert ran.code == 2
    assert ran.err == (
        "Error: a key would go to http://app.example in plain text\nWhat to do: use the address that begins https://\n"
    )


def test_the_local_stack_is_local(run: Run) -> None:
    """An endpoints.json that names another machine is not believed."""
    local_stack("https://evil.example")
    ran = run("get", "hubs")
    assert ran.code == 2
    assert "is not local" in ran.err


def test_a_redirect_takes_no_key_along(api: FakeApi, run: Run) -> None:
    """A redirect is a failure, not followed: the key goes to whom it is meant for."""
    api.refusal = (307, {"detail": "elsewhere"})
    ran = run("get", "hubs")
    assert ran.code == 1
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no deployment is chosen, and no local stack runs in this folder"),
        (("--context", "nix"), "there is no context 'nix'"),
        (("--url", "app.example"), NO_ADDRESS),
        (("--url", "file:///etc"), NO_ADDRESS),
        (("--url", "https://[app"), NO_ADDRESS),
    ],
    ids=["nothing", "no context", "no scheme", "a file", "half an address"],
)
def test_no_deployment_is_said(arguments: tuple[str, ...], said: str, run: Run) -> None:
    """What names no deployment: exit code 2, two lines."""
    ran = run("get", "hubs", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"Error: {said}")
    assert len(ran.err.splitlines()) == 2


HOLDING = (
    "https://app.example/api/overview?code=s3cret",
    "https://app.example/?",
    "https://app.example/#s3cret",
    "https://s3cret@app.example",
    "https://:s3cret@app.example",
    "https://app.example\\@s3cret.example",
)


@pytest.mark.parametrize("url", HOLDING)
def test_an_address_that_may_hold_a_key_is_not_repeated(url: str, run: Run) -> None:
    """A query, fragment, user or password is refused wherever an address is given, and is not shown or kept."""
    for words in (("get", "hubs", "--url", url), ("context", "add", "prod", "--url", url)):
        ran = run(*words)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"Error: {NO_ADDRESS}")
        assert "s3cret" not in ran.err
    assert load_contexts().known == {}


def test_a_scheme_in_capitals_is_the_same() -> None:
    """`HTTPS://` is https: certificates are looked at, and a key may go there."""
    session = open_session(Chosen(url="HTTPS://app.example"))
    assert session.api == "https://app.example/api/"
    assert Session(session.context, "own").headers() == {"x-functions-key": "own"}


BROKEN = ["", "{", "[]", '{"contexts": {"a": {"what": 1}}}', '{"contexts": 3}', '{"contexts": {"a": 1}}']


@pytest.mark.parametrize("text", BROKEN)
def test_broken_contexts_are_said(text: str, run: Run) -> None:
    """A file that cannot be read is named, and what to do about it."""
    contexts_file().write_text(text)
    with pytest.raises(Misused):
        load_contexts()
    ran = run("get", "hubs")
    assert (ran.code, len(ran.err.splitlines())) == (2, 2)
    assert str(contexts_file()) in ran.err


def test_a_broken_endpoints_file_is_said(run: Run) -> None:
    """A stack that was killed while it wrote is started again."""
    local_stack("http://127.0.0.1:1")
    Path(".local/endpoints.json").write_text("{")
    ran = run("get", "hubs")
    assert (ran.code, len(ran.err.splitlines())) == (2, 2)
