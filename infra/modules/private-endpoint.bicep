// One private endpoint, and its addresses in the private DNS zones of its service.

@description('Name of the endpoint.')
@minLength(2)
@maxLength(64)
param name string

@description('Location of the endpoint.')
@minLength(3)
param location string

@description('Tags of the endpoint.')
param tags object

@description('Id of the subnet that gets its interface.')
@minLength(1)
param subnetId string

@description('Id of what it leads to.')
@minLength(1)
param targetId string

@description('Which part of the target: blob, table, queue, namespace, sites, topic, scheduler or azuremonitor.')
@minLength(1)
param part string

@description('Names of the zones in this resource group that get its addresses; none where a policy writes them.')
param zones array

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    customNetworkInterfaceName: '${name}-nic'
    privateLinkServiceConnections: [
      {
        name: part
        properties: {
          groupIds: [part]
          privateLinkServiceId: targetId
        }
      }
    ]
    subnet: {
      id: subnetId
    }
  }
}

resource addresses 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = if (!empty(zones)) {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [for zone in zones: {
      name: replace(zone, '.', '-')
      properties: {
        privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zone)
      }
    }]
  }
}
