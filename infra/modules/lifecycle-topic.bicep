// The Event Grid custom topic that tells whoever subscribes what happened to documents: CloudEvents, without keys.

@description('Name of the topic: 3 to 50 letters, digits and hyphens.')
@minLength(3)
@maxLength(50)
param name string

@description('Location of the topic.')
@minLength(3)
param location string

@description('Tags of the topic.')
param tags object

@description('Whether public networks reach it; with Disabled only private endpoints do.')
@allowed(['Disabled', 'Enabled'])
param publicAccess string = 'Disabled'

@description('Principal id of the identity with which the app publishes.')
@minLength(36)
@maxLength(36)
param readerPrincipalId string

var sender = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', loadJsonContent('../data-roles.json').eventGridDataSender)

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  // For whoever subscribes: with it events are delivered to queues that have no keys.
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    disableLocalAuth: true
    inputSchema: 'CloudEventSchemaV1_0'
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: publicAccess
  }
}

resource publishes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(topic.id, readerPrincipalId, sender)
  scope: topic
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: sender
  }
}

output id string = topic.id
output endpoint string = topic.properties.endpoint
