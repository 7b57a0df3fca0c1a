// Azure's events of one subscription: its system topic, and what of them is delivered to Spokewright.

@description('Tags of the topic.')
param tags object

@description('Name of the system topic.')
@minLength(3)
@maxLength(50)
param topicName string

@description('Where events go: the queue, with the identity below, or straight to the function, with its key.')
@allowed(['queue', 'function'])
param delivery string

@description('Id of the identity with which Event Grid delivers.')
@minLength(1)
param identityId string

@description('Id of the queue that gets the events.')
@minLength(1)
param queueId string

@description('Id of the function that gets the events.')
@minLength(1)
param functionId string

@description('Id of the storage account that gets events which could not be delivered.')
@minLength(1)
param storageAccountId string

@description('Container in it.')
@minLength(3)
@maxLength(63)
param deadLetterContainer string

@description('Id of the action group that is told of undelivered events; empty for none.')
@maxLength(500)
param actionGroupId string

var events = loadJsonContent('../events.json')
var selection = {
  includedEventTypes: events.types
  advancedFilters: [
    {
      operatorType: 'StringIn'
      key: 'data.operationName'
      values: events.operations
    }
  ]
}
var deadLetters = {
  identity: {
    type: 'UserAssigned'
    userAssignedIdentity: identityId
  }
  deadLetterDestination: {
    endpointType: 'StorageBlob'
    properties: {
      resourceId: storageAccountId
      blobContainerName: deadLetterContainer
    }
  }
}
var patience = {
  maxDeliveryAttempts: 30
  eventTimeToLiveInMinutes: 1440
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: topicName
  location: 'global'
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    source: subscription().id
    topicType: 'Microsoft.Resources.Subscriptions'
  }
}

resource toQueue 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = if (delivery == 'queue') {
  parent: topic
  name: 'spokewright-queue'
  properties: {
    deliveryWithResourceIdentity: {
      identity: {
        type: 'UserAssigned'
        userAssignedIdentity: identityId
      }
      destination: {
        endpointType: 'ServiceBusQueue'
        properties: {
          resourceId: queueId
        }
      }
    }
    deadLetterWithResourceIdentity: deadLetters
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: selection
    retryPolicy: patience
  }
}

// Event Grid has no managed identity for this kind of destination: it opens the trigger with the extension's own key.
resource toFunction 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = if (delivery == 'function') {
  parent: topic
  name: 'spokewright-function'
  properties: {
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: functionId
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    deadLetterWithResourceIdentity: deadLetters
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: selection
    retryPolicy: patience
  }
}

resource undelivered 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-${topicName}-undelivered'
  location: 'global'
  tags: tags
  properties: {
    description: 'Events of this subscription could not be delivered. They are in the container of dead letters; the sweep finds what they would have told.'
    severity: 3
    enabled: true
    scopes: [topic.id]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'undelivered'
          metricNamespace: 'Microsoft.EventGrid/systemTopics'
          metricName: 'DeadLetteredCount'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Total'
        }
      ]
    }
    actions: empty(actionGroupId) ? [] : [
      {
        actionGroupId: actionGroupId
      }
    ]
  }
}
