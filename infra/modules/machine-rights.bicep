// On one machine that a spoke names (dns.machineId): the right to run commands on it, which is to be root there.

@description('Name of the machine, in this resource group.')
@minLength(1)
@maxLength(64)
param machineName string

@description('Name of the custom role of the identity that runs commands.')
@minLength(36)
@maxLength(36)
param role string

@description('Principal id of the identity that writes networks, which runs them.')
@minLength(36)
@maxLength(36)
param networkPrincipalId string

resource machine 'Microsoft.Compute/virtualMachines@2026-04-01' existing = {
  name: machineName
}

resource asks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(machine.id, networkPrincipalId, role)
  scope: machine
  properties: {
    principalId: networkPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}
