"""What triggers and activities work with, made once per worker and opened when first used."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from orchestration.access.trail import Pace
from orchestration.coalescing import Coalescer
from orchestration.owners import Register
from shared import clock

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from orchestration.settings import Settings
    from shared.arm.door import Arm
    from shared.clock import Clock
    from shared.notify.events import Events
    from shared.notify.replies import Replies
    from shared.store.store import Store


class Dependencies:
    """Lazily opened: a request for status must not load the management clients, nor the import of the app anything."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._identities: dict[str | None, AsyncTokenCredential] = {}
        self.clock: Clock = clock.parse(settings.clock)
        self.sweep = timedelta(minutes=settings.sweep_minutes)
        """How often everything is compared with Azure."""
        self.look = timedelta(hours=settings.look_hours)
        """How old a document's own look at Azure may become."""
        self.proof = timedelta(minutes=settings.proof_minutes)
        """How old a cluster's proof may become."""
        self.access = settings.access
        """Who may call, and who is limited to what."""
        self.refusals = Pace()
        """How many refusals of one caller are kept."""
        self.coalescer = Coalescer()
        """What many events ask to look at is looked at once."""
        self.owners = Register()
        """Which documents a resource belongs to."""

    @cached_property
    def credential(self) -> AsyncTokenCredential:
        """The identity that reads; the same class against the local stack's identity endpoint."""
        return self._identity(self._settings.identity_client_id)

    def _identity(self, client_id: str | None) -> AsyncTokenCredential:
        """Return the credential of an identity: one for each, so that each has one token."""
        if client_id not in self._identities:
            from shared.arm.credentials import open_credential  # noqa: PLC0415 - azure-identity costs a cold start

            self._identities[client_id] = open_credential(client_id)
        return self._identities[client_id]

    @cached_property
    def store(self) -> Store:
        """Documents, plans, results, history."""
        from shared.store.store import Store, open_rows  # noqa: PLC0415 - not before it is needed

        url = self._settings.store
        credential = self.credential if url.startswith("https:") else None
        return Store(open_rows(url, credential), self.clock)

    @cached_property
    def arm(self) -> Arm:
        """The door to Azure Resource Manager."""
        from shared.arm.door import Arm, ArmSettings, Credentials  # noqa: PLC0415 - not before it is needed

        given = self._settings
        settings = ArmSettings(endpoint=given.arm_endpoint, ca_bundle=given.ca_bundle)
        identities = given.identity_client_id, given.network_client_id, given.clusters_client_id
        return Arm(settings, Credentials(*map(self._identity, identities)))

    @cached_property
    def replies(self) -> Replies:
        """Answers to whoever asked, over Service Bus."""
        from shared.notify.replies import Replies  # noqa: PLC0415 - not before it is needed

        url = self._settings.service_bus
        return Replies(url, None if "SharedAccessKey" in url else self.credential)

    @cached_property
    def events(self) -> Events | None:
        """Lifecycle events to a topic; None where none is configured."""
        from shared.notify.events import Events  # noqa: PLC0415 - not before it is needed

        settings = self._settings
        if not settings.topic_endpoint:
            return None
        credential = None if settings.topic_key else self.credential
        return Events(
            settings.topic_endpoint,
            credential,
            key=settings.topic_key,
            source=settings.event_source,
            ca_bundle=settings.ca_bundle,
        )
