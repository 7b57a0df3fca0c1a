// The custom roles of the three duties: exactly the actions that the code uses, from infra/roles.

targetScope = 'subscription'

@description('Name of the environment: roles have names that are unique in a tenant.')
@minLength(1)
@maxLength(24)
param environmentName string

@description('Ids of the subscriptions in which the roles can be assigned; this one among them.')
@minLength(1)
param subscriptionIds array

var readerRole = loadJsonContent('../roles/reader.json')
var hubNetworkRole = loadJsonContent('../roles/hub-network.json')
var spokeNetworkRole = loadJsonContent('../roles/spoke-network.json')
var spokeMachinesRole = loadJsonContent('../roles/spoke-machines.json')
var hubClustersRole = loadJsonContent('../roles/hub-clusters.json')
var spokeClustersRole = loadJsonContent('../roles/spoke-clusters.json')
var definitions = [
  readerRole
  hubNetworkRole
  spokeNetworkRole
  hubClustersRole
  spokeClustersRole
  spokeMachinesRole
]

resource roles 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [for definition in definitions: {
  name: guid(subscription().id, environmentName, definition.roleName)
  properties: {
    roleName: '${definition.roleName} (${environmentName})'
    description: definition.description
    type: 'CustomRole'
    permissions: definition.permissions
    assignableScopes: [for id in subscriptionIds: '/subscriptions/${id}']
  }
}]

output reader string = roles[0].name
output hubNetwork string = roles[1].name
output spokeNetwork string = roles[2].name
output hubClusters string = roles[3].name
output spokeClusters string = roles[4].name
output spokeMachines string = roles[5].name
