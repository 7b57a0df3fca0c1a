// One user-assigned identity for each duty: what one can do the others cannot. None has a secret.

@description('Location of the identities.')
@minLength(3)
param location string

@description('Tags of the identities.')
param tags object

@description('Name that each begins with; its duty follows.')
@minLength(3)
@maxLength(110)
param prefix string

@description('What follows the duty in each name.')
@minLength(1)
@maxLength(24)
param suffix string

resource reader 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-reader-${suffix}'
  location: location
  tags: tags
}

resource network 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-network-${suffix}'
  location: location
  tags: tags
}

resource clusters 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-clusters-${suffix}'
  location: location
  tags: tags
}

// Event Grid's own, for the system topics: the app never has it.
resource delivery 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-delivery-${suffix}'
  location: location
  tags: tags
}

output readerId string = reader.id
output readerClientId string = reader.properties.clientId
output readerPrincipalId string = reader.properties.principalId
output networkId string = network.id
output networkClientId string = network.properties.clientId
output networkPrincipalId string = network.properties.principalId
output clustersId string = clusters.id
output clustersClientId string = clusters.properties.clientId
output clustersPrincipalId string = clusters.properties.principalId
output deliveryId string = delivery.id
output deliveryPrincipalId string = delivery.properties.principalId
