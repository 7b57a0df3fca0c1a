// What the identities may do in one hub's resource group.

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

resource network 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, networkPrincipalId, networkRole)
  properties: {
    principalId: networkPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', networkRole)
  }
}

resource clusters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, clustersPrincipalId, clustersRole)
  properties: {
    condition: condition
    conditionVersion: '2.0'
    principalId: clustersPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', clustersRole)
  }
}
