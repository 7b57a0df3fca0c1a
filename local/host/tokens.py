"""Tokens of people for the local stack, signed by a key in the state directory: what Entra ID gives out in Azure.

Whoever may read the state directory may make any: it is a stand-in for tests and for trying roles out, on one machine.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.host.files import replace_file

Json = dict[str, Any]

FILE = "authentication.json"
TENANT = "10ca1000-0000-4000-8000-000000000001"
"""The tenant of the local stack's people, unless a setting names another."""
PEOPLE: dict[str, tuple[str, ...]] = {
    "Reader": ("Reader",),
    "Requester": ("Requester",),
    "Approver": ("Approver",),
    "Admin": ("Admin",),
    "EventGrid": ("AzureEventGridSecureWebhookSubscriber",),
    "nobody": (),
}
"""For whom tokens are published in `endpoints.json`, and their app roles."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and reads tokens."""

    key: str
    tenant: str

    @classmethod
    def load(cls, state: Path, tenant: str = "") -> Tokens:
        """Read the key; one that is not there yet is made and kept."""
        path = state / FILE
        kept = dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
        told = {"key": kept.get("key") or secrets.token_urlsafe(32), "tenant": tenant or kept.get("tenant") or TENANT}
        if told != kept:
            replace_file(path, json.dumps(told, indent=2) + "\n", mode=0o600)
        return cls(**told)

    def make(self, name: str, roles: tuple[str, ...] = (), groups: tuple[str, ...] = (), **more: str) -> str:
        """Return a token; who has the same name is the same person, unless `oid` says otherwise."""
        person = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.tenant}/{name}"))
        claims = {"oid": person, "tid": self.tenant, "name": name, "roles": roles, "groups": groups, **more}
        text = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        return f"{text}.{self._sign(text)}"

    def read(self, token: str) -> Json | None:
        """Return the claims of a token; None where it is none of ours."""
        text, _, signature = token.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(text).encode()):
            return None
        claims: Json = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return claims

    def published(self) -> dict[str, str]:
        """Return a token of each person that there is from the start."""
        return {name: self.make(name, roles) for name, roles in PEOPLE.items()}

    def _sign(self, text: str) -> str:
        return hmac.new(self.key.encode(), text.encode(), hashlib.sha256).hexdigest()
