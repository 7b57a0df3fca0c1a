// What the identity that reads may do in one subscription.

targetScope = 'subscription'

@description('Name of the custom role of the identity that reads.')
@minLength(36)
@maxLength(36)
param role string

@description('Principal id of the identity that reads.')
@minLength(36)
@maxLength(36)
param principalId string

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, role)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}
