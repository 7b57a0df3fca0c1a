"""Which kinds there are, and how Azure refuses what it does not know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local.simulator.answer import ArmError
from local.simulator.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.simulator.kind import Kind

_VERSION = re.compile(r"^(\d{4}-\d{2}-\d{2})(-preview|-alpha|-beta|-rc|-privatepreview)?$")


class Registry:
    """Kinds by type, whatever the case."""

    def __init__(self, kinds: Iterable[type[Kind]] = KINDS) -> None:
        self._kinds = {kind.type.lower(): kind() for kind in kinds}
        self.namespaces = {kind.type.split("/")[0].lower(): kind.type.split("/")[0] for kind in kinds}

    def find(self, resource_type: str) -> Kind | None:
        """Get the kind of a type, None where there is none."""
        return self._kinds.get(resource_type.lower())

    def all(self) -> list[Kind]:
        """List the kinds."""
        return list(self._kinds.values())

    def resolve(self, resource_type: str, api_version: str, location: str = "") -> Kind:
        """Get the kind of a type for an api-version, or refuse as Azure Resource Manager does."""
        namespace, _, types = resource_type.partition("/")
        if namespace.lower() not in self.namespaces:
            raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
        check_version_format(api_version)
        kind = self.find(resource_type)
        if kind is None:
            raise ArmError(
                404,
                "InvalidResourceType",
                f"The resource type could not be found in the namespace '{namespace}' for api version '{api_version}'.",
            )
        if not kind.versions[0] <= api_version[:10] <= kind.versions[1]:
            raise _unregistered(kind, types, api_version, location)
        return kind


def check_version_format(api_version: str) -> None:
    """Refuse a missing or malformed api-version."""
    if not api_version:
        raise ArmError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if not _VERSION.match(api_version):
        raise ArmError(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{api_version}' is invalid. The supported versions are dates in the format "
            "yyyy-MM-dd, with an optional -preview.",
        )


def _unregistered(kind: Kind, types: str, api_version: str, location: str) -> ArmError:
    oldest, newest = kind.versions
    return ArmError(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{api_version}' for type "
        f"'{types}'. The supported api-versions are '{oldest}, ..., {newest}'. The supported locations are "
        "'westeurope, "
        "northeurope, eastus, ...'.",
    )
