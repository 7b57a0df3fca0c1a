"""How access is set: by keys or by Entra ID, whose tenants, which limits. Read once at the start, with clear errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from orchestration.access import limits
from orchestration.access.limits import GUID, MESSAGES, Limits

SETTING, PLATFORM, TENANTS = "SPOKEWRIGHT_ACCESS", "WEBSITE_AUTH_ENABLED", "WEBSITE_AUTH_AAD_ALLOWED_TENANTS"


class Mode(StrEnum):
    """What opens the API."""

    KEYS = "keys"
    """A function key, checked by the platform: it opens everything."""
    ENTRA = "entra"
    """Who signed in by Entra ID, and their app roles, checked by the app."""


@dataclass(frozen=True, slots=True)
class Access:
    """What holds for every request."""

    mode: Mode = Mode.KEYS
    principals: bool = False
    """Whether the platform signs callers in (App Service Authentication), so that its headers name them."""
    tenants: frozenset[str] = frozenset()
    """Who may sign in, by their tenants; empty: the platform alone decides."""
    limits: Limits = field(default_factory=Limits)

    @property
    def entra(self) -> bool:
        """Say whether the app itself judges who may do what."""
        return self.mode is Mode.ENTRA


def configure(mode: str | None, platform: str | None, tenants: str | None, requesters: str | None) -> Access:
    """Return what the settings say; raise ValueError where they do not fit together."""
    chosen = _mode(mode or Mode.KEYS)
    # The platform's own variable: only then does it take these headers out of what callers send.
    principals = (platform or "").lower() in ("true", "1")
    found = Access(chosen, principals, _tenants(tenants or ""), limits.parse(requesters or ""))
    if found.entra and not principals:
        raise ValueError(
            f"{SETTING} is entra, and the platform signs nobody in ({PLATFORM} is not true): anybody could forge its "
            "headers. Turn App Service Authentication on (docs/how-to/access.md), or set it to keys"
        )
    if found.entra and not found.tenants:
        raise ValueError(
            f"{SETTING} is entra, and {TENANTS} names no tenant: set it to the id of yours, or an app of several "
            "tenants would let each of them give out your roles"
        )
    others = (found.limits.entries or {}).keys() - {MESSAGES}
    if others and not found.entra:
        raise ValueError(
            f"{limits.SETTING} limits {', '.join(sorted(others))}, and with {SETTING}=keys nobody is known: set it to "
            f"entra, or keep the entry '{MESSAGES}' only"
        )
    return found


def _mode(text: str) -> Mode:
    try:
        return Mode(text.strip().lower())
    except ValueError:
        raise ValueError(f"{SETTING} is '{text[:50]}'; it has to be keys or entra") from None


def _tenants(text: str) -> frozenset[str]:
    found = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    wrong = sorted(one for one in found if not GUID.fullmatch(one))
    if wrong:
        raise ValueError(f"{TENANTS} has '{wrong[0][:50]}', which is no id of a tenant")
    return found
