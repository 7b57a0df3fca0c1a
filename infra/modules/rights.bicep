// The custom roles, and where the three identities have them: reading in every subscription that is worked on, writing in
// the hubs' resource groups and in the subscriptions of spokes, commands on the machines that spokes name.

targetScope = 'subscription'

@description('Name of the environment.')
@minLength(1)
@maxLength(24)
param environmentName string

@description('Tags of the hubs\' resource groups.')
param tags object

@description('Hubs: objects with subscriptionId, resourceGroup and location.')
param hubs array

@description('Ids of the subscriptions of spokes.')
param spokeSubscriptions array

@description('Ids of the machines that spokes name (dns.machineId).')
param machines array

@description('Principal id of the identity that reads.')
@minLength(36)
@maxLength(36)
param readerPrincipalId string

@description('Principal id of the identity that writes networks.')
@minLength(36)
@maxLength(36)
param networkPrincipalId string

@description('Principal id of the identity that writes clusters.')
@minLength(36)
@maxLength(36)
param clustersPrincipalId string

// What the identity that writes clusters may assign: the roles of assignable.json, to service principals.
var condition = loadTextContent('../roles/assigning.condition')
var hubSubscriptions = [for hub in hubs: hub.subscriptionId]
var workedOn = union(hubSubscriptions, spokeSubscriptions)
var machineSubscriptions = [for id in machines: split(id, '/')[2]]
var here = [subscription().subscriptionId]

module roles 'role-definitions.bicep' = {
  name: 'spokewright-roles-${environmentName}'
  params: {
    environmentName: environmentName
    subscriptionIds: union(here, workedOn, machineSubscriptions)
  }
}

module reading 'reading-rights.bicep' = [for id in workedOn: {
  name: 'spokewright-reading-${environmentName}'
  scope: subscription(id)
  params: {
    role: roles.outputs.reader
    principalId: readerPrincipalId
  }
}]

module hubGroups 'hub.bicep' = [for (hub, i) in hubs: {
  name: 'spokewright-hub-${environmentName}-${i}'
  scope: subscription(hub.subscriptionId)
  params: {
    resourceGroupName: hub.resourceGroup
    location: hub.location
    tags: tags
    networkRole: roles.outputs.hubNetwork
    clustersRole: roles.outputs.hubClusters
    networkPrincipalId: networkPrincipalId
    clustersPrincipalId: clustersPrincipalId
    condition: condition
  }
}]

module spokes 'spoke-rights.bicep' = [for id in spokeSubscriptions: {
  name: 'spokewright-spokes-${environmentName}'
  scope: subscription(id)
  params: {
    networkRole: roles.outputs.spokeNetwork
    clustersRole: roles.outputs.spokeClusters
    networkPrincipalId: networkPrincipalId
    clustersPrincipalId: clustersPrincipalId
    condition: condition
  }
}]

module asked 'machine-rights.bicep' = [for (id, i) in machines: {
  name: 'spokewright-machine-${environmentName}-${i}'
  scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
  params: {
    machineName: split(id, '/')[8]
    role: roles.outputs.spokeMachines
    networkPrincipalId: networkPrincipalId
  }
}]
