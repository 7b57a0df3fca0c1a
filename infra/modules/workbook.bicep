// The workbook that an operator looks at: what is ready, what failed, how old queues and sweeps are, what Azure refused.

@description('Location of the workbook.')
@minLength(3)
param location string

@description('Tags of the workbook.')
param tags object

@description('What the gallery calls it.')
@minLength(1)
@maxLength(100)
param displayName string

@description('Id of the workspace that it asks.')
@minLength(1)
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, 'spokewright')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    category: 'workbook'
    displayName: displayName
    serializedData: loadTextContent('../workbook.json')
    sourceId: workspaceId
    version: 'Notebook/1.0'
  }
}
