// One subscription whose networks and clusters are watched: a group for its system topic, which can lie nowhere else.

targetScope = 'subscription'

@description('Name of the resource group that is made for the system topic.')
@minLength(1)
@maxLength(90)
param resourceGroupName string

@description('Location of the resource group; the topic itself is global.')
@minLength(3)
param location string

@description('Tags of the group and the topic.')
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

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

module subscribed 'event-subscription.bicep' = {
  name: 'event-subscription'
  scope: group
  params: {
    tags: tags
    topicName: topicName
    delivery: delivery
    identityId: identityId
    queueId: queueId
    functionId: functionId
    storageAccountId: storageAccountId
    deadLetterContainer: deadLetterContainer
    actionGroupId: actionGroupId
  }
}
