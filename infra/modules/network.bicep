// The app's own network in the private profile: a subnet that the app goes out through, one for private endpoints.

@description('Name of the network.')
@minLength(2)
@maxLength(64)
param name string

@description('Name of the NAT gateway.')
@minLength(1)
@maxLength(80)
param gatewayName string

@description('Name of the gateway\'s public address.')
@minLength(1)
@maxLength(80)
param addressName string

@description('Name of the network security group of both subnets; the subnet follows.')
@minLength(1)
@maxLength(60)
param groupName string

@description('Location of all of it.')
@minLength(3)
param location string

@description('Tags of all of it.')
param tags object

@description('Address range of the network, such as 10.255.240.0/24.')
@minLength(9)
@maxLength(18)
param addressSpace string

@description('Address range in it of the app\'s subnet: /27 or larger, and for nothing else.')
@minLength(9)
@maxLength(18)
param appAddresses string

@description('Address range in it of the private endpoints: /27 or larger.')
@minLength(9)
@maxLength(18)
param endpointAddresses string

@description('How the app gets out to Azure Resource Manager and Entra ID: by a NAT gateway, by a firewall at the next address, or by routes and peerings that somebody else makes.')
@allowed(['natGateway', 'firewall', 'none'])
param egress string

@description('Private address of the firewall, where egress is firewall.')
@maxLength(15)
param firewallAddress string

var throughGateway = egress == 'natGateway'
var throughFirewall = egress == 'firewall'

resource appGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: '${groupName}-app'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'deny-network-inbound'
        properties: {
          access: 'Deny'
          description: 'Nobody begins a connection to this subnet: callers come by the private endpoint.'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
          direction: 'Inbound'
          priority: 4096
          protocol: '*'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
        }
      }
    ]
  }
}

resource endpointGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: '${groupName}-endpoints'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'allow-network-https-amqp'
        properties: {
          access: 'Allow'
          description: 'HTTPS, and Service Bus by AMQP, from this network and those that are peered with it.'
          destinationAddressPrefix: 'VirtualNetwork'
          destinationPortRanges: ['443', '5671', '5672']
          direction: 'Inbound'
          priority: 100
          protocol: 'Tcp'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
        }
      }
      {
        name: 'deny-all-inbound'
        properties: {
          access: 'Deny'
          description: 'Nothing else.'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
          direction: 'Inbound'
          priority: 4096
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
        }
      }
    ]
  }
}

resource address 'Microsoft.Network/publicIPAddresses@2025-05-01' = if (throughGateway) {
  name: addressName
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

resource gateway 'Microsoft.Network/natGateways@2025-05-01' = if (throughGateway) {
  name: gatewayName
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    idleTimeoutInMinutes: 10
    publicIpAddresses: [
      {
        id: address.id
      }
    ]
  }
}

resource routes 'Microsoft.Network/routeTables@2025-05-01' = if (throughFirewall) {
  name: '${name}-app'
  location: location
  tags: tags
  properties: {
    routes: [
      {
        name: 'default'
        properties: {
          addressPrefix: '0.0.0.0/0'
          nextHopIpAddress: firewallAddress
          nextHopType: 'VirtualAppliance'
        }
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressSpace]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: appAddresses
          defaultOutboundAccess: false
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
          natGateway: throughGateway ? {
            id: gateway.id
          } : null
          networkSecurityGroup: {
            id: appGroup.id
          }
          routeTable: throughFirewall ? {
            id: routes.id
          } : null
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointAddresses
          defaultOutboundAccess: false
          networkSecurityGroup: {
            id: endpointGroup.id
          }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

output id string = network.id
output appSubnetId string = '${network.id}/subnets/app'
output endpointSubnetId string = '${network.id}/subnets/endpoints'
