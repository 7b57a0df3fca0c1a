// Instead of roles in each subscription: the same roles once, on a management group of spokes. A deployment of its own,
// because one of a subscription can reach no management group: infra/README.md says when and how.

targetScope = 'managementGroup'

@description('Name of the environment whose identities get the roles.')
@minLength(1)
@maxLength(24)
param environmentName string

@description('Principal id of the identity that reads: output SPOKEWRIGHT_READER_PRINCIPAL.')
@minLength(36)
@maxLength(36)
param readerPrincipalId string

@description('Principal id of the identity that writes networks: output SPOKEWRIGHT_NETWORK_PRINCIPAL.')
@minLength(36)
@maxLength(36)
param networkPrincipalId string

@description('Principal id of the identity that writes clusters: output SPOKEWRIGHT_CLUSTERS_PRINCIPAL.')
@minLength(36)
@maxLength(36)
param clustersPrincipalId string

var condition = loadTextContent('roles/assigning.condition')
var readerRole = loadJsonContent('roles/reader.json')
var networkRole = loadJsonContent('roles/spoke-network.json')
var clustersRole = loadJsonContent('roles/spoke-clusters.json')
var definitions = [
  readerRole
  networkRole
  clustersRole
]

resource roles 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [for definition in definitions: {
  name: guid(managementGroup().id, environmentName, definition.roleName)
  properties: {
    roleName: '${definition.roleName} (${environmentName}, ${managementGroup().name})'
    description: definition.description
    type: 'CustomRole'
    permissions: definition.permissions
    assignableScopes: [managementGroup().id]
  }
}]

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(managementGroup().id, readerPrincipalId, readerRole.roleName)
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: roles[0].id
  }
}

resource network 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(managementGroup().id, networkPrincipalId, networkRole.roleName)
  properties: {
    principalId: networkPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: roles[1].id
  }
}

resource clusters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(managementGroup().id, clustersPrincipalId, clustersRole.roleName)
  properties: {
    condition: condition
    conditionVersion: '2.0'
    principalId: clustersPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: roles[2].id
  }
}
