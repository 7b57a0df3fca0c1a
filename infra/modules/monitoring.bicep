// Where telemetry goes: Application Insights in a Log Analytics workspace. It is sent with an identity; keys are off.

@description('Name of the workspace: 4 to 63 letters, digits and hyphens.')
@minLength(4)
@maxLength(63)
param workspaceName string

@description('Name of the Application Insights component.')
@minLength(1)
@maxLength(255)
param insightsName string

@description('Location of both.')
@minLength(3)
param location string

@description('Tags of both.')
param tags object

@description('Days for which logs, traces and metrics are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Gigabytes a day after which nothing more is taken that day; 0 for no limit.')
@minValue(0)
@maxValue(1000)
param dailyGigabytes int

@description('Whether public networks reach it; with Disabled telemetry comes by the private link scope alone.')
@allowed(['Disabled', 'Enabled'])
param publicAccess string = 'Disabled'

@description('Principal id of the identity with which the app sends its telemetry.')
@minLength(36)
@maxLength(36)
param readerPrincipalId string

var publisher = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', loadJsonContent('../data-roles.json').monitoringMetricsPublisher)

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
    publicNetworkAccessForIngestion: publicAccess
    // People query from the portal, with their own sign-in.
    publicNetworkAccessForQuery: 'Enabled'
    retentionInDays: retentionDays
    sku: {
      name: 'PerGB2018'
    }
    workspaceCapping: {
      dailyQuotaGb: dailyGigabytes == 0 ? -1 : dailyGigabytes
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
    RetentionInDays: retentionDays
    WorkspaceResourceId: workspace.id
    publicNetworkAccessForIngestion: publicAccess
    publicNetworkAccessForQuery: 'Enabled'
  }
}

resource sends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, readerPrincipalId, publisher)
  scope: insights
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: publisher
  }
}

output workspaceId string = workspace.id
output insightsId string = insights.id
output connectionString string = insights.properties.ConnectionString
