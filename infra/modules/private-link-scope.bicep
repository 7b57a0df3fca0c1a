// The Azure Monitor private link scope: telemetry comes by it, queries of people need it not.

@description('Name of the scope.')
@minLength(1)
@maxLength(255)
param name string

@description('Tags of the scope.')
param tags object

@description('Id of the workspace.')
@minLength(1)
param workspaceId string

@description('Id of the Application Insights component.')
@minLength(1)
param insightsId string

resource privateScope 'Microsoft.Insights/privateLinkScopes@2021-09-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    accessModeSettings: {
      // Open: other resources in networks that share these zones still reach theirs. Ours take nothing else anyway.
      ingestionAccessMode: 'Open'
      queryAccessMode: 'Open'
    }
  }
}

resource workspace 'Microsoft.Insights/privateLinkScopes/scopedResources@2021-09-01' = {
  parent: privateScope
  name: 'workspace'
  properties: {
    linkedResourceId: workspaceId
  }
}

resource insights 'Microsoft.Insights/privateLinkScopes/scopedResources@2021-09-01' = {
  parent: privateScope
  name: 'insights'
  properties: {
    linkedResourceId: insightsId
  }
}

output id string = privateScope.id
