// Spokewright in Azure: what runs it, who it is, what it may do, what it hears, and who is told. infra/README.md is the
// page for people.

targetScope = 'subscription'

@description('Name of the azd environment: lower-case letters, digits and hyphens. It is in the names of all resources.')
@minLength(1)
@maxLength(24)
param environmentName string

@description('Region of all resources; Flex Consumption and the Durable Task Scheduler have to be offered there.')
@minLength(3)
@maxLength(40)
param location string

@description('private: nothing is reached from public networks, people come by a peered network. public: the app, the queues and the store take connections from anywhere, with an identity or a function key.')
@allowed(['private', 'public'])
param profile string = 'private'

@description('Tags of all resources, beside those that azd needs.')
param tags object = {}

@description('Whether locks keep the store, the queues and the histories from being deleted.')
param locks bool = true

// What it works on

@description('Resource groups of hubs that are made, with rights in them: objects with subscriptionId, resourceGroup and location. A hub\'s document names the same.')
@maxLength(50)
param hubs array = []

@description('Ids of the subscriptions in which spokes and clusters are made or adopted. Leave it empty where management-group.bicep gives the rights.')
@maxLength(100)
param spokeSubscriptions array = []

@description('Ids of the machines that spokes name to be asked on (dns.machineId). Spokewright runs commands on them, as root, and on no others outside of hubs.')
@maxLength(100)
param machines array = []

@description('Ids of subscriptions whose events are heard beside those of hubs and spokes.')
@maxLength(100)
param watchedSubscriptions array = []

@description('Where Azure\'s events go: queue, with a managed identity, or function, which the public profile alone can, with the function\'s key and after the first azd deploy.')
@allowed(['queue', 'function'])
param eventDelivery string = 'queue'

// Who may use it

@description('How callers are let in: keys, by function keys; entra, by Entra ID with the app roles Reader, Requester, Approver and Admin.')
@allowed(['keys', 'entra'])
param access string = 'keys'

@description('Client id of the app registration, where access is entra.')
@maxLength(36)
param entraClientId string = ''

@description('What access tokens are for, where access is entra; by default api:// and the client id.')
@maxLength(255)
param entraAudience string = ''

@description('Which requesters are limited to which hubs and subscriptions: the value of SPOKEWRIGHT_REQUESTERS. docs/how-to/access.md says how it is written.')
param requesters object = {}

@description('Object ids of the Entra groups that may send requests by Service Bus.')
@maxLength(20)
param requesterGroups array = []

@description('Object ids of the Entra groups that may read rejected and dead messages and undelivered events, and send them again.')
@maxLength(20)
param operatorGroups array = []

@description('Queues for replies that requesters may name in reply_to.')
@maxLength(50)
param replyQueues array = []

@description('Subscriptions of the topic of replies. Each has to be read by somebody.')
@maxLength(50)
param replySubscriptions array = []

// How it runs

@description('Minutes between two comparisons of everything with Azure.')
@minValue(5)
@maxValue(360)
param sweepMinutes int = 15

@description('Hours after which a document gets a look at all that it has.')
@minValue(1)
@maxValue(48)
param lookHours int = 6

@description('Minutes after which a cluster is proved again.')
@minValue(10)
@maxValue(1440)
param proofMinutes int = 60

@description('Instances that are always there: 0 costs nothing and starts in seconds, 1 answers at once.')
@allowed([0, 1])
param alwaysReady int = 0

@description('Memory of an instance in megabytes.')
@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('How many instances there are at most. 40 was long the least that Azure takes here; it is more than the work needs, and Azure\'s quotas are the same for all of them.')
@minValue(1)
@maxValue(100)
param mostInstances int = 40

@description('HTTP requests that one instance answers at once.')
@minValue(1)
@maxValue(200)
param httpConcurrency int = 16

@description('Where the histories of orchestrations are kept: azureManaged, in the Durable Task Scheduler; azureStorage, in the storage account.')
@allowed(['azureManaged', 'azureStorage'])
param durableBackend string = 'azureManaged'

@description('What is paid for with the Durable Task Scheduler: each action, or units of capacity.')
@allowed(['Consumption', 'Dedicated'])
param schedulerTier string = 'Consumption'

@description('Units of capacity of the tier Dedicated.')
@minValue(1)
@maxValue(3)
param schedulerCapacity int = 1

@description('Copies of the store: in one zone, in three, or in another region too.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
param storageRedundancy string = 'Standard_GZRS'

@description('Days for which deleted blobs can be brought back.')
@minValue(1)
@maxValue(365)
param deletionRetentionDays int = 14

@description('Messaging units of Service Bus, which is of the tier Premium in the private profile.')
@allowed([1, 2, 4, 8, 16])
param messagingUnits int = 1

// How it is watched

@description('Days for which logs, traces and metrics are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int = 90

@description('Gigabytes of telemetry a day after which no more is taken that day; 0 for no limit.')
@minValue(0)
@maxValue(1000)
param dailyGigabytes int = 5

@description('Addresses that get a mail when an alert fires.')
@maxLength(20)
param alertAddresses array = []

@description('Id of an action group that exists already, to be told instead.')
@maxLength(500)
param actionGroupId string = ''

// Its network, in the private profile

@description('Address range of the app\'s network. It may overlap no hub and no spoke that is peered with it.')
@minLength(9)
@maxLength(18)
param addressSpace string = '10.255.240.0/24'

@description('Address range in it of the subnet that the app goes out through: /27 or larger.')
@minLength(9)
@maxLength(18)
param appAddresses string = '10.255.240.0/26'

@description('Address range in it of the private endpoints: /27 or larger.')
@minLength(9)
@maxLength(18)
param endpointAddresses string = '10.255.240.64/26'

@description('From where code is deployed in the private profile: inside, a network that is peered with the app\'s; anywhere, by the deployment\'s own door, which stays open to whoever Entra ID lets deploy, while requests are refused.')
@allowed(['inside', 'anywhere'])
param deployFrom string = 'inside'

@description('How the app gets out to Azure Resource Manager and Entra ID: by a NAT gateway of its own, by a firewall, or by what somebody else makes.')
@allowed(['natGateway', 'firewall', 'none'])
param egress string = 'natGateway'

@description('Private address of the firewall, where egress is firewall.')
@maxLength(15)
param firewallAddress string = ''

@description('Who makes the private DNS zones: own, this deployment in its resource group; policy, an Azure Policy of yours that writes into central ones.')
@allowed(['own', 'policy'])
param privateZones string = 'own'

var prefixes = loadJsonContent('names.json')
var constants = loadJsonContent('settings.json')
var ownZones = privateZones == 'own'
var closed = profile == 'private'
var openness = closed ? 'Disabled' : 'Enabled'
var managed = durableBackend == 'azureManaged'
var taskHub = 'spokewright'
var audience = access == 'keys' ? '' : (empty(entraAudience) ? 'api://${entraClientId}' : entraAudience)
var hasActionGroup = !empty(actionGroupId) || !empty(alertAddresses)

// Names: what it is, spokewright, the environment; and six characters where a name has to be unique in Azure.
var base = 'spokewright-${environmentName}'
var token = take(uniqueString(subscription().id, environmentName, location), 6)
var storageName = take('${prefixes.storageAccount}spokewright${uniqueString(subscription().id, environmentName, location)}', 24)
var allTags = union(tags, {
  application: 'spokewright'
  environment: environmentName
})

var hubSubscriptions = [for hub in hubs: hub.subscriptionId]
var watched = union(hubSubscriptions, spokeSubscriptions, watchedSubscriptions)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: '${prefixes.resourceGroup}-${base}'
  location: location
  // azd finds the app by this tag: no other group has it, so that azd deploys to none of the hubs'.
  tags: union(allTags, {
    'azd-env-name': environmentName
  })
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  scope: group
  params: {
    location: location
    tags: allTags
    prefix: '${prefixes.identity}-spokewright'
    suffix: environmentName
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: '${prefixes.workspace}-${base}'
    insightsName: '${prefixes.applicationInsights}-${base}'
    location: location
    tags: allTags
    retentionDays: retentionDays
    dailyGigabytes: dailyGigabytes
    publicAccess: openness
    readerPrincipalId: identities.outputs.readerPrincipalId
  }
}

module people 'modules/action-group.bicep' = if (empty(actionGroupId) && !empty(alertAddresses)) {
  name: 'action-group'
  scope: group
  params: {
    name: '${prefixes.actionGroup}-${base}'
    tags: allTags
    addresses: alertAddresses
  }
}

var told = !hasActionGroup ? '' : (empty(actionGroupId) ? people!.outputs.id : actionGroupId)

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: storageName
    location: location
    tags: allTags
    publicAccess: openness
    otherNetworks: closed ? 'Deny' : 'Allow'
    redundancy: storageRedundancy
    deploymentContainer: 'deployment'
    deadLetterContainer: 'undelivered-events'
    deletionRetentionDays: deletionRetentionDays
    readerPrincipalId: identities.outputs.readerPrincipalId
    deliveryPrincipalId: identities.outputs.deliveryPrincipalId
    operatorGroups: operatorGroups
    holdsHistories: !managed
    workspaceId: monitoring.outputs.workspaceId
    lock: locks
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  name: 'service-bus'
  scope: group
  params: {
    name: '${prefixes.serviceBus}-${base}-${token}'
    location: location
    tags: allTags
    publicAccess: openness
    messagingUnits: messagingUnits
    replyQueues: replyQueues
    replySubscriptions: replySubscriptions
    requesterGroups: requesterGroups
    operatorGroups: operatorGroups
    readerPrincipalId: identities.outputs.readerPrincipalId
    deliveryPrincipalId: identities.outputs.deliveryPrincipalId
    workspaceId: monitoring.outputs.workspaceId
    lock: locks
  }
}

module topic 'modules/lifecycle-topic.bicep' = {
  name: 'lifecycle-topic'
  scope: group
  params: {
    name: '${prefixes.eventTopic}-${base}-${token}'
    location: location
    tags: allTags
    publicAccess: openness
    readerPrincipalId: identities.outputs.readerPrincipalId
  }
}

module scheduler 'modules/scheduler.bicep' = if (managed) {
  name: 'scheduler'
  scope: group
  params: {
    name: '${prefixes.scheduler}-${base}-${token}'
    location: location
    tags: allTags
    taskHub: taskHub
    tier: schedulerTier
    capacity: schedulerCapacity
    publicAccess: openness
    readerPrincipalId: identities.outputs.readerPrincipalId
    lock: locks
  }
}

module network 'modules/network.bicep' = if (closed) {
  name: 'network'
  scope: group
  params: {
    name: '${prefixes.network}-${base}'
    gatewayName: '${prefixes.natGateway}-${base}'
    addressName: '${prefixes.publicAddress}-${base}'
    groupName: '${prefixes.networkSecurityGroup}-${base}'
    location: location
    tags: allTags
    addressSpace: addressSpace
    appAddresses: appAddresses
    endpointAddresses: endpointAddresses
    egress: egress
    firewallAddress: firewallAddress
  }
}

module privateAccess 'modules/private-access.bicep' = if (closed) {
  name: 'private-access'
  scope: group
  params: {
    prefix: '${prefixes.privateEndpoint}-${base}'
    scopeName: '${prefixes.privateLinkScope}-${base}'
    location: location
    tags: allTags
    networkId: network!.outputs.id
    subnetId: network!.outputs.endpointSubnetId
    ownZones: ownZones
    storageAccountId: storage.outputs.id
    serviceBusId: serviceBus.outputs.id
    topicId: topic.outputs.id
    schedulerId: managed ? scheduler!.outputs.id : ''
    hasScheduler: managed
    workspaceId: monitoring.outputs.workspaceId
    insightsId: monitoring.outputs.insightsId
  }
}

module app 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    name: '${prefixes.functionApp}-${base}-${token}'
    planName: '${prefixes.plan}-${base}'
    location: location
    tags: allTags
    identityIds: [
      identities.outputs.readerId
      identities.outputs.networkId
      identities.outputs.clustersId
    ]
    readerId: identities.outputs.readerId
    packages: storage.outputs.packages
    settings: union(constants.common, constants[profile], constants.durable[durableBackend], {
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identities.outputs.readerClientId}'
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      AzureWebJobsStorage__accountName: storage.outputs.name
      AzureWebJobsStorage__clientId: identities.outputs.readerClientId
      SERVICE_BUS__clientId: identities.outputs.readerClientId
      SERVICE_BUS__fullyQualifiedNamespace: serviceBus.outputs.host
      SPOKEWRIGHT_ACCESS: access
      SPOKEWRIGHT_ARM_ENDPOINT: take(environment().resourceManager, length(environment().resourceManager) - 1)
      SPOKEWRIGHT_CLUSTERS_CLIENT_ID: identities.outputs.clustersClientId
      SPOKEWRIGHT_EVENT_SOURCE: '/spokewright/${environmentName}'
      SPOKEWRIGHT_IDENTITY_CLIENT_ID: identities.outputs.readerClientId
      SPOKEWRIGHT_LOOK_HOURS: string(lookHours)
      SPOKEWRIGHT_NETWORK_CLIENT_ID: identities.outputs.networkClientId
      SPOKEWRIGHT_PROOF_MINUTES: string(proofMinutes)
      SPOKEWRIGHT_REQUESTERS: empty(requesters) ? '' : string(requesters)
      SPOKEWRIGHT_STORE: take(storage.outputs.tables, length(storage.outputs.tables) - 1)
      SPOKEWRIGHT_SWEEP_MINUTES: string(sweepMinutes)
      SPOKEWRIGHT_TASK_HUB: taskHub
      SPOKEWRIGHT_TELEMETRY: 'azure'
      SPOKEWRIGHT_TOPIC_ENDPOINT: topic.outputs.endpoint
      WEBSITE_AUTH_AAD_ALLOWED_TENANTS: access == 'entra' ? tenant().tenantId : ''
    }, managed ? {
      DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${scheduler!.outputs.endpoint};Authentication=ManagedIdentity;ClientID=${identities.outputs.readerClientId}'
    } : {})
    instanceMemory: instanceMemory
    mostInstances: mostInstances
    httpConcurrency: httpConcurrency
    readyForHttp: alwaysReady
    // The scale controller looks at the scheduler, which host.json names, and so would not see Azure Storage's queues.
    readyForOrchestrations: managed ? alwaysReady : 1
    publicAccess: deployFrom == 'anywhere' ? 'Enabled' : openness
    publicRequests: closed ? 'Deny' : 'Allow'
    subnetId: closed ? network!.outputs.appSubnetId : ''
  }
  // It starts with what it opens: the names have to lead to the endpoints by then.
  dependsOn: [
    privateAccess
  ]
}

module siteEndpoint 'modules/private-endpoint.bicep' = if (closed) {
  name: 'endpoint-app'
  scope: group
  params: {
    name: '${prefixes.privateEndpoint}-${base}-app'
    location: location
    tags: allTags
    subnetId: network!.outputs.endpointSubnetId
    targetId: app.outputs.id
    part: 'sites'
    zones: ownZones ? [privateAccess!.outputs.siteZone] : []
  }
}

module signIn 'modules/sign-in.bicep' = if (access == 'entra') {
  name: 'sign-in'
  scope: group
  params: {
    appName: app.outputs.name
    clientId: entraClientId
    tenantId: tenant().tenantId
    audiences: [audience, entraClientId]
  }
}

module rights 'modules/rights.bicep' = {
  name: 'spokewright-rights-${environmentName}'
  params: {
    environmentName: environmentName
    tags: allTags
    hubs: hubs
    spokeSubscriptions: spokeSubscriptions
    machines: machines
    readerPrincipalId: identities.outputs.readerPrincipalId
    networkPrincipalId: identities.outputs.networkPrincipalId
    clustersPrincipalId: identities.outputs.clustersPrincipalId
  }
}

module watching 'modules/watched-subscription.bicep' = [for id in watched: {
  name: 'spokewright-events-${environmentName}'
  scope: subscription(id)
  params: {
    resourceGroupName: '${prefixes.resourceGroup}-${base}-events'
    location: location
    tags: allTags
    topicName: '${prefixes.systemTopic}-${base}'
    delivery: eventDelivery
    identityId: identities.outputs.deliveryId
    queueId: serviceBus.outputs.resourceEventsId
    functionId: '${app.outputs.id}/functions/resource_events'
    storageAccountId: storage.outputs.id
    deadLetterContainer: 'undelivered-events'
    actionGroupId: told
  }
}]

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    prefix: '${prefixes.alert}-${base}'
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    serviceBusId: serviceBus.outputs.id
    actionGroupId: told
    sweepMinutes: sweepMinutes
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: allTags
    displayName: 'Spokewright ${environmentName}'
    workspaceId: monitoring.outputs.workspaceId
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output SPOKEWRIGHT_URL string = app.outputs.url
output SPOKEWRIGHT_AUDIENCE string = audience
output SPOKEWRIGHT_SERVICE_BUS string = serviceBus.outputs.host
output SPOKEWRIGHT_TOPIC_ENDPOINT string = topic.outputs.endpoint
output SPOKEWRIGHT_READER_PRINCIPAL string = identities.outputs.readerPrincipalId
output SPOKEWRIGHT_NETWORK_PRINCIPAL string = identities.outputs.networkPrincipalId
output SPOKEWRIGHT_CLUSTERS_PRINCIPAL string = identities.outputs.clustersPrincipalId
