// One hub's resource group, in its subscription, and what the identities may do in it.

targetScope = 'subscription'

@description('Name of the resource group: the hub\'s spec.resourceGroup.')
@minLength(1)
@maxLength(90)
param resourceGroupName string

@description('Location of the group.')
@minLength(3)
param location string

@description('Tags of the group.')
param tags object

@description('Name of the custom role of the identity that writes networks.')
@minLength(36)
@maxLength(36)
param networkRole string

@description('Name of the custom role of the identity that writes clusters.')
@minLength(36)
@maxLength(36)
param clustersRole string

@description('Principal id of the identity that writes networks.')
@minLength(36)
@maxLength(36)
param networkPrincipalId string

@description('Principal id of the identity that writes clusters.')
@minLength(36)
@maxLength(36)
param clustersPrincipalId string

@description('What role assignments the identity that writes clusters may make.')
@minLength(1)
param condition string

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  // As the app marks what it keeps: the hub's document takes the group for its own.
  tags: union(tags, {
    'managed-by': 'spokewright'
  })
}

module rights 'hub-rights.bicep' = {
  name: 'hub-rights'
  scope: group
  params: {
    networkRole: networkRole
    clustersRole: clustersRole
    networkPrincipalId: networkPrincipalId
    clustersPrincipalId: clustersPrincipalId
    condition: condition
  }
}
