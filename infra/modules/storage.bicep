// The storage account: documents in tables, the Functions host's own blobs, the deployed package, undelivered events.
// It has no keys that open it, and each identity has the one data role that it needs.

@description('Name of the storage account: 3 to 24 lower-case letters and digits, unique in Azure.')
@minLength(3)
@maxLength(24)
param name string

@description('Location of the account.')
@minLength(3)
param location string

@description('Tags of the account.')
param tags object

@description('Whether public networks reach it; with Disabled only private endpoints do.')
@allowed(['Disabled', 'Enabled'])
param publicAccess string = 'Disabled'

@description('What is done with a connection from a network that no rule names.')
@allowed(['Deny', 'Allow'])
param otherNetworks string = 'Deny'

@description('Copies: in one zone, in three zones, or in another region too, which the tables of documents gain most from.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
param redundancy string = 'Standard_GZRS'

@description('Container that the package of the app is deployed to.')
@minLength(3)
@maxLength(63)
param deploymentContainer string

@description('Container that gets events which could not be delivered.')
@minLength(3)
@maxLength(63)
param deadLetterContainer string

@description('Days for which deleted blobs and containers can be brought back.')
@minValue(1)
@maxValue(365)
param deletionRetentionDays int

@description('Principal id of the identity with which the app opens the store and the host its blobs.')
@minLength(36)
@maxLength(36)
param readerPrincipalId string

@description('Principal id of the identity with which Event Grid writes events that it could not deliver.')
@minLength(36)
@maxLength(36)
param deliveryPrincipalId string

@description('Object ids of the Entra groups that may read events which could not be delivered, to send them again.')
param operatorGroups array

@description('Whether the histories of orchestrations are kept here too, which takes queues.')
param holdsHistories bool

@description('Id of the workspace that gets the log of writes to blobs.')
@minLength(1)
param workspaceId string

@description('Whether a lock keeps the account from being deleted.')
param lock bool

var roles = loadJsonContent('../data-roles.json')

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: redundancy
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    allowedCopyScope: 'AAD'
    defaultToOAuthAuthentication: true
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: true
      services: {
        blob: {
          enabled: true
          keyType: 'Account'
        }
        queue: {
          enabled: true
          keyType: 'Account'
        }
        table: {
          enabled: true
          keyType: 'Account'
        }
      }
    }
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    networkAcls: {
      // Event Grid writes undelivered events as a trusted service, with its identity.
      bypass: 'AzureServices'
      defaultAction: otherNetworks
    }
    publicNetworkAccess: publicAccess
    sasPolicy: {
      expirationAction: 'Block'
      sasExpirationPeriod: '00.01:00:00'
    }
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: account
  name: 'default'
  properties: {
    containerDeleteRetentionPolicy: {
      enabled: true
      days: deletionRetentionDays
    }
    deleteRetentionPolicy: {
      enabled: true
      days: deletionRetentionDays
    }
  }
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = {
  parent: blobs
  name: deploymentContainer
  properties: {
    publicAccess: 'None'
  }
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = {
  parent: blobs
  name: deadLetterContainer
  properties: {
    publicAccess: 'None'
  }
}

resource documents 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, readerPrincipalId, roles.storageTableDataContributor)
  scope: account
  properties: {
    description: 'The app keeps its documents in tables, which it makes itself; the host its diagnostics.'
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageTableDataContributor)
  }
}

resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, readerPrincipalId, roles.storageBlobDataOwner)
  scope: account
  properties: {
    description: 'The Functions host keeps its leases and keys in containers that it makes itself, and reads the package.'
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataOwner)
  }
}

resource histories 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (holdsHistories) {
  name: guid(account.id, readerPrincipalId, roles.storageQueueDataContributor)
  scope: account
  properties: {
    description: 'The durable extension keeps its queues here when Azure Storage is its backend.'
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageQueueDataContributor)
  }
}

resource undelivered 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(deadLetters.id, deliveryPrincipalId, roles.storageBlobDataContributor)
  scope: deadLetters
  properties: {
    description: 'Event Grid writes the events that it could not deliver.'
    principalId: deliveryPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

resource operators 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for group in operatorGroups: {
  name: guid(deadLetters.id, group, roles.storageBlobDataReader)
  scope: deadLetters
  properties: {
    description: 'Operators take undelivered events from here, for spokewright dead-letters.'
    principalId: group
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
  }
}]

resource writes 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'writes'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageWrite'
        enabled: true
      }
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
  }
}

resource keep 'Microsoft.Authorization/locks@2020-05-01' = if (lock) {
  name: 'keep'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'Documents, approvals and the audit are in its tables. Take this lock off before azd down.'
  }
}

output id string = account.id
output name string = account.name
output tables string = account.properties.primaryEndpoints.table
output packages string = '${account.properties.primaryEndpoints.blob}${deploymentContainer}'
