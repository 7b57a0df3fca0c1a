// The private DNS zones in which private endpoints write their addresses, linked to the app's network.

@description('Names of the zones.')
@minLength(1)
param zones array

@description('Tags of the zones.')
param tags object

@description('Id of the network that is to resolve them.')
@minLength(1)
param networkId string

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [for name in zones: {
  name: name
  location: 'global'
  tags: tags
}]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (name, i) in zones: {
  parent: zone[i]
  name: 'spokewright'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}]
