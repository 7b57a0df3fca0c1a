"""What is taken out of texts, and what stays: secrets in the spellings that are met, and nothing else."""

from __future__ import annotations

import base64
import time

import pytest

from shared.model.errors import Problem
from shared.model.redaction import CAP, redact

KEY = base64.b64encode(b"planted" * 10).decode()
SECRETS = {
    "header": "Authorization: Basic cGxhbnRlZDpwbGFudGVk",
    "header in JSON": '{"authorization": "planted0123"}',
    "function key": "x-functions-key: planted-key_0123",
    "function key in a URL": "GET /api/hubs?limit=1&code=planted%3D%3D failed",
    "topic key": f"aeg-sas-key={KEY}",
    "a key alone": f"'{KEY}' is not a name",
    "a key of a newer kind": "planted" + "A" * 45 + "JQQJ99" + "b" * 26,
    "client key": "client-key-data: cGxhbnRlZA",
    "client key in JSON in JSON": '{\\"client-key-data\\": \\"planted\\"}',
    "token of a kubeconfig": "    token: planted0123456789abcdef",
    "connection string": f"Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey={KEY};EntityPath=q",
    "half a private key": "'-----BEGIN RSA PRIVATE KEY-----\nplanted…' is not a key",
    "private key in JSON": "-----BEGIN RSA PRIVATE KEY-----\\nplanted\\nplanted\\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_a_secret_is_taken_out(text: str) -> None:
    """Of a secret nothing stays, neither plain nor in base64."""
    left = redact(text)
    assert "planted" not in left
    assert KEY[:10] not in left
    assert "cGxhbnRl" not in left


HARMLESS = (
    "no access token: ManagedIdentityCredential authentication unavailable, no response from the endpoint",
    "'-----BEGIN OPENSSH PUBLIC KEY-----' is not an SSH public key; paste the one line of a .pub file",
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/routeTables/a",
    "a Basic firewall has no DNS proxy; use Standard, or dns.viaFirewall: false",
    "plan 3f2a8c0d9e1b4f6a7c5d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b is another one now",
    "$.spec.privateDns: unknown; there are mode, zoneId, publicFqdn",
    "token limit reached: 16 of 16",
    "the password of the profile has to be at least 12 characters long",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_text_without_secrets_stays(text: str) -> None:
    """Whatever merely speaks of keys, tokens and signatures is left as it is."""
    assert redact(text) == text


def test_what_is_wrong_still_says_what_to_do() -> None:
    """Words around a secret stay, also where a quote of it was cut."""
    assert redact(SECRETS["half a private key"]) == "'[key]…' is not a key"


def test_a_problem_quotes_no_secret() -> None:
    """What is wrong with a request goes to replies and logs: neither its path nor its message has a secret."""
    problem = Problem(f"$.spec['{KEY}']", f"'Bearer planted0123456789' is not a name; {KEY}")
    assert str(problem) == "$.spec['[key]']: 'Bearer [token]' is not a name; [key]"


@pytest.mark.parametrize(
    "text", ["a" * 10**6, "token=" * 10**5, "=" * 10**6, "-----BEGIN RSA PRIVATE KEY-----" * 10**4]
)
def test_no_text_takes_long(text: str) -> None:
    """However long a text is, and however it is made, it is judged at once and cut."""
    began = time.perf_counter()
    assert len(redact(text)) <= CAP
    assert time.perf_counter() - began < 2
