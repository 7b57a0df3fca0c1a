"""What lies above resource groups: clouds, tenants, subscriptions, locations, resource providers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local.simulator.answer import ArmError
from local.simulator.registry import check_version_format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulator.registry import Registry
    from local.simulator.resource import Json

_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
LOCATIONS = {
    "westeurope": "West Europe",
    "northeurope": "North Europe",
    "swedencentral": "Sweden Central",
    "germanywestcentral": "Germany West Central",
    "germanynorth": "Germany North",
    "francecentral": "France Central",
    "francesouth": "France South",
    "switzerlandnorth": "Switzerland North",
    "switzerlandwest": "Switzerland West",
    "norwayeast": "Norway East",
    "norwaywest": "Norway West",
    "polandcentral": "Poland Central",
    "italynorth": "Italy North",
    "spaincentral": "Spain Central",
    "austriaeast": "Austria East",
    "uksouth": "UK South",
    "ukwest": "UK West",
    "eastus": "East US",
    "eastus2": "East US 2",
    "eastus2euap": "East US 2 EUAP",
    "centraluseuap": "Central US EUAP",
    "centralus": "Central US",
    "northcentralus": "North Central US",
    "southcentralus": "South Central US",
    "westcentralus": "West Central US",
    "westus": "West US",
    "westus2": "West US 2",
    "westus3": "West US 3",
    "canadacentral": "Canada Central",
    "canadaeast": "Canada East",
    "mexicocentral": "Mexico Central",
    "brazilsouth": "Brazil South",
    "brazilsoutheast": "Brazil Southeast",
    "chilecentral": "Chile Central",
    "southafricanorth": "South Africa North",
    "southafricawest": "South Africa West",
    "uaenorth": "UAE North",
    "uaecentral": "UAE Central",
    "qatarcentral": "Qatar Central",
    "israelcentral": "Israel Central",
    "centralindia": "Central India",
    "southindia": "South India",
    "westindia": "West India",
    "jioindiawest": "Jio India West",
    "jioindiacentral": "Jio India Central",
    "eastasia": "East Asia",
    "southeastasia": "Southeast Asia",
    "japaneast": "Japan East",
    "japanwest": "Japan West",
    "koreacentral": "Korea Central",
    "koreasouth": "Korea South",
    "australiaeast": "Australia East",
    "australiasoutheast": "Australia Southeast",
    "australiacentral": "Australia Central",
    "newzealandnorth": "New Zealand North",
    "malaysiawest": "Malaysia West",
    "indonesiacentral": "Indonesia Central",
    "taiwannorth": "Taiwan North",
    "belgiumcentral": "Belgium Central",
    "denmarkeast": "Denmark East",
    "brazilus": "Brazil US",
    "eastusstg": "East US STG",
    "southcentralusstg": "South Central US STG",
}


class Tenant:
    """One tenant with its subscriptions."""

    def __init__(self, tenant_id: str, subscriptions: Mapping[str, str], registry: Registry) -> None:
        self._id = tenant_id
        self._subscriptions = {key.lower(): name for key, name in subscriptions.items()}
        self._registry = registry

    def check_subscription(self, subscription: str) -> None:
        """Refuse a subscription that is malformed or not of this tenant."""
        if not _GUID.match(subscription):
            raise ArmError(
                400,
                "InvalidSubscriptionId",
                f"The provided subscription identifier '{subscription}' is malformed or invalid.",
            )
        if subscription.lower() not in self._subscriptions:
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")

    def answer(self, method: str, path: str, api_version: str) -> Json | None:
        """Answer for a path above resource groups; None where it is none of these."""
        segments = path.strip("/").lower().split("/")
        match segments:
            case ["tenants"]:
                document: Json | None = {"value": [self._tenant()]}
            case ["subscriptions"]:
                document = {"value": [self._subscription(s) for s in self._subscriptions], "count": _total(1)}
            case ["providers"]:
                document = {"value": [self._provider("", name) for name in self._registry.namespaces]}
            case ["subscriptions", subscription, *rest]:
                self.check_subscription(subscription)
                document = self._in_subscription(method, subscription, rest)
            case _:
                document = None
        if document is not None:
            check_version_format(api_version)
        return document

    def _in_subscription(self, method: str, subscription: str, rest: list[str]) -> Json | None:
        match rest:
            case []:
                return self._subscription(subscription)
            case ["locations"]:
                return {"value": [_location(subscription, name) for name in LOCATIONS]}
            case ["providers"]:
                return {"value": [self._provider(subscription, name) for name in self._registry.namespaces]}
            case ["providers", namespace] if method == "GET":
                return self._provider(subscription, namespace)
            case ["providers", namespace, "register"] if method == "POST":
                return self._provider(subscription, namespace)
        return None

    def _tenant(self) -> Json:
        return {
            "id": f"/tenants/{self._id}",
            "tenantId": self._id,
            "countryCode": "DE",
            "displayName": "Simulated directory",
            "domains": ["simulated.onmicrosoft.com"],
            "tenantCategory": "Home",
            "defaultDomain": "simulated.onmicrosoft.com",
            "tenantType": "AAD",
        }

    def _subscription(self, subscription: str) -> Json:
        return {
            "id": f"/subscriptions/{subscription}",
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
            "subscriptionId": subscription,
            "tenantId": self._id,
            "displayName": self._subscriptions[subscription],
            "state": "Enabled",
            "subscriptionPolicies": {
                "locationPlacementId": "Internal_2014-09-01",
                "quotaId": "Internal_2014-09-01",
                "spendingLimit": "Off",
            },
        }

    def _provider(self, subscription: str, namespace: str) -> Json:
        name = self._registry.namespaces.get(namespace.lower())
        if name is None:
            raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
        kinds = [k for k in self._registry.all() if k.type.lower().startswith(name.lower() + "/")]
        scope = f"/subscriptions/{subscription}" if subscription else ""
        return {
            "id": f"{scope}/providers/{name}",
            "namespace": name,
            "registrationPolicy": "RegistrationRequired",
            "registrationState": "Registered",
            "resourceTypes": [
                {
                    "resourceType": kind.type.split("/", 1)[1],
                    "locations": list(LOCATIONS.values()) if kind.located else [],
                    "apiVersions": [kind.versions[1], kind.versions[0]],
                    "capabilities": "SupportsTags, SupportsLocation" if kind.located else "None",
                }
                for kind in kinds
            ],
        }


def clouds(base: str, identity_base: str) -> Json:
    """Describe this cloud to the Azure command line: `/metadata/endpoints`."""
    return {
        "name": "SpokewrightSimulator",
        "portal": base,
        "authentication": {
            "loginEndpoint": identity_base,
            "audiences": ["https://management.core.windows.net/", base],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "media": base,
        "graphAudience": base,
        "graph": base,
        "resourceManager": base,
        "batch": base,
        "gallery": base,
        "vmImageAliasDoc": base + "/aliases.json",
        "sqlManagement": base,
        "microsoftGraphResourceId": base,
        "activeDirectoryDataLake": base,
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "keyVaultDns": "vault.azure.net",
            "storage": "core.windows.net",
            "sqlServerHostname": "database.windows.net",
        },
    }


def _total(count: int) -> Json:
    return {"type": "Total", "value": count}


def _location(subscription: str, name: str) -> Json:
    return {
        "id": f"/subscriptions/{subscription}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": LOCATIONS[name],
        "regionalDisplayName": LOCATIONS[name],
        "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
    }
