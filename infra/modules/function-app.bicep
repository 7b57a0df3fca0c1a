// The Function App on Flex Consumption: Python 3.12, the identities, the package's container, scale and settings.

@description('Name of the app: 2 to 60 letters, digits and hyphens, unique in Azure.')
@minLength(2)
@maxLength(60)
param name string

@description('Name of the plan.')
@minLength(1)
@maxLength(60)
param planName string

@description('Location of both; Flex Consumption has to be offered there.')
@minLength(3)
param location string

@description('Tags of both.')
param tags object

@description('Ids of the user-assigned identities that the app has.')
@minLength(3)
@maxLength(3)
param identityIds array

@description('Id of that one of them which opens the package\'s container.')
@minLength(1)
param readerId string

@description('Address of the container that the package is deployed to.')
@minLength(1)
param packages string

@description('All app settings.')
param settings object

@description('Memory of an instance in megabytes.')
@allowed([512, 2048, 4096])
param instanceMemory int

@description('How many instances there are at most, for each function that scales on its own.')
@minValue(1)
@maxValue(1000)
param mostInstances int

@description('Requests that one instance answers at once.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int

@description('Instances that are always there for HTTP: none, or one.')
@allowed([0, 1])
param readyForHttp int

@description('Instances that are always there for orchestrations: none, or one.')
@allowed([0, 1])
param readyForOrchestrations int

@description('Whether public networks reach it; with Disabled only private endpoints do.')
@allowed(['Disabled', 'Enabled'])
param publicAccess string = 'Disabled'

@description('What public networks reach of it, where they reach it: all of it, or the door for deployments alone, which Entra ID guards.')
@allowed(['Allow', 'Deny'])
param publicRequests string = 'Deny'

@description('Id of the subnet that the app goes out through; empty for the internet.')
@maxLength(500)
param subnetId string

var http = readyForHttp == 0 ? [] : [
  {
    name: 'http'
    instanceCount: 1
  }
]
var orchestrations = readyForOrchestrations == 0 ? [] : [
  {
    name: 'durable'
    instanceCount: 1
  }
]

resource plan 'Microsoft.Web/serverfarms@2025-05-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  // checkov:skip=CKV_AZURE_225: an instance holds nothing; in a zone that fails others are started in the next
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-05-01' = {
  name: name
  location: location
  tags: union(tags, {
    'azd-service-name': 'app'
  })
  kind: 'functionapp,linux'
  // checkov:skip=CKV_AZURE_17: callers have function keys or tokens of Entra ID; certificates would be a third way in
  // checkov:skip=CKV_AZURE_212: instances come as they are needed, and one that goes loses nothing; alwaysReady keeps one
  // checkov:skip=CKV_AZURE_213: Flex Consumption replaces instances by itself; the alert sweep-silent sees an app that hangs
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityIds[0]}': {}
      '${identityIds[1]}': {}
      '${identityIds[2]}': {}
    }
  }
  properties: {
    clientAffinityEnabled: false
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packages
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: readerId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.12'
      }
      scaleAndConcurrency: {
        alwaysReady: concat(http, orchestrations)
        instanceMemoryMB: instanceMemory
        maximumInstanceCount: mostInstances
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
      // One version at a time: what a new one began an old one would have to replay.
      siteUpdateStrategy: {
        type: 'Recreate'
      }
    }
    httpsOnly: true
    keyVaultReferenceIdentity: readerId
    publicNetworkAccess: publicAccess
    serverFarmId: plan.id
    siteConfig: {
      ftpsState: 'Disabled'
      http20Enabled: true
      ipSecurityRestrictionsDefaultAction: publicRequests
      minTlsVersion: '1.2'
      remoteDebuggingEnabled: false
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
      scmIpSecurityRestrictionsUseMain: false
      scmMinTlsVersion: '1.2'
    }
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-05-01' = {
  // checkov:skip=CKV_AZURE_13: these are the app settings; sign-in.bicep is the authentication, by parameter
  // checkov:skip=CKV_AZURE_63: these are the app settings, not the site's configuration
  parent: app
  // checkov:skip=CKV_AZURE_65: these are the app settings, not the site's configuration
  // checkov:skip=CKV_AZURE_66: these are the app settings, not the site's configuration
  // checkov:skip=CKV_AZURE_80: these are the app settings, and the app is Python
  name: 'appsettings'
  // checkov:skip=CKV_AZURE_88: these are the app settings, and Flex Consumption mounts no Azure Files
  // checkov:skip=CKV_AZURE_222: these are the app settings; the site above is closed by default
  properties: settings
}

resource deployment 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-05-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-05-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

output id string = app.id
output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
