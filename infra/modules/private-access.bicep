// What the private profile adds: a private endpoint to each service, the zones in which their names are, and the scope by
// which telemetry comes. The app's own endpoint is made after the app, by main.bicep.

@description('What the name of each endpoint begins with.')
@minLength(1)
@maxLength(50)
param prefix string

@description('Name of the Azure Monitor private link scope.')
@minLength(1)
@maxLength(255)
param scopeName string

@description('Location of the endpoints.')
@minLength(3)
param location string

@description('Tags of all of it.')
param tags object

@description('Id of the network that is to resolve the zones.')
@minLength(1)
param networkId string

@description('Id of the subnet that gets the endpoints.')
@minLength(1)
param subnetId string

@description('Whether the private DNS zones are made here; otherwise a policy writes the names into central ones.')
param ownZones bool

@description('Id of the storage account.')
@minLength(1)
param storageAccountId string

@description('Id of the Service Bus namespace.')
@minLength(1)
param serviceBusId string

@description('Id of the topic of lifecycle events.')
@minLength(1)
param topicId string

@description('Id of the Durable Task Scheduler; empty where there is none.')
@maxLength(500)
param schedulerId string

@description('Whether there is one.')
param hasScheduler bool

@description('Id of the workspace.')
@minLength(1)
param workspaceId string

@description('Id of the Application Insights component.')
@minLength(1)
param insightsId string

var storageZones = [
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.table.${environment().suffixes.storage}'
  'privatelink.queue.${environment().suffixes.storage}'
]
var monitorZones = [
  'privatelink.monitor.azure.com'
  'privatelink.oms.opinsights.azure.com'
  'privatelink.ods.opinsights.azure.com'
  'privatelink.agentsvc.azure-automation.net'
]
var serviceBusZone = 'privatelink.servicebus.windows.net'
var siteZone = 'privatelink.azurewebsites.net'
var topicZone = 'privatelink.eventgrid.azure.net'
var schedulerZone = 'privatelink.durabletask.io'
var zones = concat(storageZones, monitorZones, [serviceBusZone, siteZone, topicZone, schedulerZone])

module zonesOfEndpoints 'private-zones.bicep' = if (ownZones) {
  name: 'private-zones'
  params: {
    zones: zones
    tags: tags
    networkId: networkId
  }
}

module storageEndpoints 'private-endpoint.bicep' = [for (part, i) in ['blob', 'table', 'queue']: {
  name: 'endpoint-${part}'
  params: {
    name: '${prefix}-${part}'
    location: location
    tags: tags
    subnetId: subnetId
    targetId: storageAccountId
    part: part
    zones: ownZones ? [storageZones[i]] : []
  }
  dependsOn: [
    zonesOfEndpoints
  ]
}]

module serviceBusEndpoint 'private-endpoint.bicep' = {
  name: 'endpoint-service-bus'
  params: {
    name: '${prefix}-service-bus'
    location: location
    tags: tags
    subnetId: subnetId
    targetId: serviceBusId
    part: 'namespace'
    zones: ownZones ? [serviceBusZone] : []
  }
  dependsOn: [
    zonesOfEndpoints
  ]
}

module topicEndpoint 'private-endpoint.bicep' = {
  name: 'endpoint-topic'
  params: {
    name: '${prefix}-topic'
    location: location
    tags: tags
    subnetId: subnetId
    targetId: topicId
    part: 'topic'
    zones: ownZones ? [topicZone] : []
  }
  dependsOn: [
    zonesOfEndpoints
  ]
}

module schedulerEndpoint 'private-endpoint.bicep' = if (hasScheduler) {
  name: 'endpoint-scheduler'
  params: {
    name: '${prefix}-scheduler'
    location: location
    tags: tags
    subnetId: subnetId
    targetId: schedulerId
    part: 'scheduler'
    zones: ownZones ? [schedulerZone] : []
  }
  dependsOn: [
    zonesOfEndpoints
  ]
}

module privateScope 'private-link-scope.bicep' = {
  name: 'private-link-scope'
  params: {
    name: scopeName
    tags: tags
    workspaceId: workspaceId
    insightsId: insightsId
  }
}

module monitorEndpoint 'private-endpoint.bicep' = {
  name: 'endpoint-monitor'
  params: {
    name: '${prefix}-monitor'
    location: location
    tags: tags
    subnetId: subnetId
    targetId: privateScope.outputs.id
    part: 'azuremonitor'
    zones: ownZones ? concat(monitorZones, [storageZones[0]]) : []
  }
  dependsOn: [
    zonesOfEndpoints
  ]
}

output siteZone string = siteZone
