// Who is told when an alert fires.

@description('Name of the action group.')
@minLength(1)
@maxLength(120)
param name string

@description('Tags of the action group.')
param tags object

@description('Addresses that get a mail.')
@minLength(1)
@maxLength(20)
param addresses array

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'spokewright'
    emailReceivers: [for (address, i) in addresses: {
      name: 'mail-${i}'
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

output id string = people.id
