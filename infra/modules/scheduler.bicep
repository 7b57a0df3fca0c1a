// The Durable Task Scheduler and the task hub that hold what orchestrations have done so far.

@description('Name of the scheduler: 3 to 64 letters, digits and hyphens.')
@minLength(3)
@maxLength(64)
param name string

@description('Location of the scheduler.')
@minLength(3)
param location string

@description('Tags of the scheduler.')
param tags object

@description('Name of the task hub.')
@minLength(3)
@maxLength(64)
param taskHub string

@description('What is paid for: each action, or units of capacity.')
@allowed(['Consumption', 'Dedicated'])
param tier string

@description('Units of capacity of the tier Dedicated.')
@minValue(1)
@maxValue(3)
param capacity int

@description('Whether public networks reach it; with Disabled only private endpoints do.')
@allowed(['Disabled', 'Enabled'])
param publicAccess string = 'Disabled'

@description('Principal id of the identity with which the app works the task hub.')
@minLength(36)
@maxLength(36)
param readerPrincipalId string

@description('Whether a lock keeps the scheduler from being deleted.')
param lock bool

var contributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', loadJsonContent('../data-roles.json').durableTaskDataContributor)

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    ipAllowlist: publicAccess == 'Disabled' ? [] : ['0.0.0.0/0']
    publicNetworkAccess: publicAccess
    sku: {
      name: tier
      capacity: tier == 'Dedicated' ? capacity : null
    }
  }
}

resource hub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' = {
  parent: scheduler
  name: taskHub
}

resource works 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hub.id, readerPrincipalId, contributor)
  scope: hub
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: contributor
  }
}

resource keep 'Microsoft.Authorization/locks@2020-05-01' = if (lock) {
  name: 'keep'
  scope: scheduler
  properties: {
    level: 'CanNotDelete'
    notes: 'Running orchestrations are in its task hub. Take this lock off before azd down.'
  }
}

output id string = scheduler.id
output endpoint string = scheduler.properties.endpoint
