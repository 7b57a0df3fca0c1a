// The Service Bus namespace: requests in, replies out, Azure's events. Keys are off: each identity has its role on the
// queue or topic that it uses, and on no other.

@description('Name of the namespace: 6 to 50 letters, digits and hyphens, unique in Azure.')
@minLength(6)
@maxLength(50)
param name string

@description('Location of the namespace.')
@minLength(3)
param location string

@description('Tags of the namespace.')
param tags object

@description('Whether public networks reach it; with Disabled only private endpoints do, which takes the tier Premium.')
@allowed(['Disabled', 'Enabled'])
param publicAccess string = 'Disabled'

@description('Messaging units of the tier Premium.')
@allowed([1, 2, 4, 8, 16])
param messagingUnits int

@description('Queues for replies that requesters may name in reply_to; Spokewright may send to no others.')
param replyQueues array

@description('Subscriptions of the topic of replies, each with dead letters of its own. Each has to be read by somebody.')
param replySubscriptions array

@description('Object ids of the Entra groups that may send requests.')
param requesterGroups array

@description('Object ids of the Entra groups that may read what was rejected and what is in dead letters, and send it again.')
param operatorGroups array

@description('Principal id of the identity with which the app receives and replies.')
@minLength(36)
@maxLength(36)
param readerPrincipalId string

@description('Principal id of the identity with which Event Grid delivers.')
@minLength(36)
@maxLength(36)
param deliveryPrincipalId string

@description('Id of the workspace that gets the log of who was let in.')
@minLength(1)
param workspaceId string

@description('Whether a lock keeps the namespace from being deleted.')
param lock bool

var closed = publicAccess == 'Disabled'
var roles = loadJsonContent('../data-roles.json')
var receiver = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataReceiver)
var sender = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataSender)

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: closed ? 'Premium' : 'Standard'
    tier: closed ? 'Premium' : 'Standard'
    capacity: closed ? messagingUnits : null
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicAccess
  }
}

// Event Grid cannot deliver through a private endpoint: it comes as a trusted service, with its identity.
resource networkRules 'Microsoft.ServiceBus/namespaces/networkRuleSets@2024-01-01' = if (closed) {
  parent: bus
  name: 'default'
  properties: {
    defaultAction: 'Deny'
    publicNetworkAccess: 'Disabled'
    trustedServiceAccessEnabled: true
  }
}

// No duplicate detection here: a request that is sent again is answered again, and the app knows its id for 7 days.
resource requests 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: bus
  name: 'provisioning-requests'
  properties: {
    deadLetteringOnMessageExpiration: true
    defaultMessageTimeToLive: 'P14D'
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
  }
}

resource rejected 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: bus
  name: 'provisioning-rejected'
  properties: {
    deadLetteringOnMessageExpiration: true
    defaultMessageTimeToLive: 'P30D'
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
  }
}

// An event is a hint, and the sweep finds what it would have told: what is a day old is worth nothing any more.
resource resourceEvents 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: bus
  name: 'resource-events'
  properties: {
    deadLetteringOnMessageExpiration: false
    defaultMessageTimeToLive: 'P1D'
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
  }
}

// Replies have ids made of their content: one that is sent again within ten minutes is the same reply.
resource replies 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = {
  parent: bus
  name: 'provisioning-replies'
  properties: {
    defaultMessageTimeToLive: 'P14D'
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    requiresDuplicateDetection: true
  }
}

resource listeners 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = [for listener in replySubscriptions: {
  parent: replies
  name: listener
  properties: {
    deadLetteringOnFilterEvaluationExceptions: true
    deadLetteringOnMessageExpiration: true
    defaultMessageTimeToLive: 'P14D'
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
  }
}]

resource answers 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [for queue in replyQueues: {
  parent: bus
  name: queue
  properties: {
    deadLetteringOnMessageExpiration: true
    defaultMessageTimeToLive: 'P14D'
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
  }
}]

resource takesRequests 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(requests.id, readerPrincipalId, receiver)
  scope: requests
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: receiver
  }
}

resource takesEvents 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceEvents.id, readerPrincipalId, receiver)
  scope: resourceEvents
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: receiver
  }
}

resource keepsRejected 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(rejected.id, readerPrincipalId, sender)
  scope: rejected
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: sender
  }
}

resource repliesToTopic 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(replies.id, readerPrincipalId, sender)
  scope: replies
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: sender
  }
}

resource repliesToQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (queue, i) in replyQueues: {
  name: guid(bus.id, queue, readerPrincipalId, sender)
  scope: answers[i]
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: sender
  }
}]

resource delivers 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceEvents.id, deliveryPrincipalId, sender)
  scope: resourceEvents
  properties: {
    principalId: deliveryPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: sender
  }
}

resource requesters 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for group in requesterGroups: {
  name: guid(requests.id, group, sender)
  scope: requests
  properties: {
    principalId: group
    principalType: 'Group'
    roleDefinitionId: sender
  }
}]

resource operatorsRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for group in operatorGroups: {
  name: guid(bus.id, group, receiver)
  scope: bus
  properties: {
    principalId: group
    principalType: 'Group'
    roleDefinitionId: receiver
  }
}]

resource operatorsSend 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for group in operatorGroups: {
  name: guid(bus.id, group, sender)
  scope: bus
  properties: {
    principalId: group
    principalType: 'Group'
    roleDefinitionId: sender
  }
}]

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: bus
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

resource keep 'Microsoft.Authorization/locks@2020-05-01' = if (lock) {
  name: 'keep'
  scope: bus
  properties: {
    level: 'CanNotDelete'
    notes: 'Requests that nobody took yet are in its queues. Take this lock off before azd down.'
  }
}

output id string = bus.id
output host string = '${bus.name}.servicebus.windows.net'
output resourceEventsId string = resourceEvents.id
