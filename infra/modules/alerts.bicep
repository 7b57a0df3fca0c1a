// What an operator is told of: each rule is a question in infra/alerts, asked of what the app itself measures; dead
// letters are what Service Bus measures.

@description('What the name of each alert begins with.')
@minLength(1)
@maxLength(60)
param prefix string

@description('Location of the rules: the workspace\'s.')
@minLength(3)
param location string

@description('Tags of the rules.')
param tags object

@description('Id of the workspace that is asked.')
@minLength(1)
param workspaceId string

@description('Id of the Service Bus namespace whose dead letters are counted.')
@minLength(1)
param serviceBusId string

@description('Id of the action group that is told; empty for none: alerts are in the portal only then.')
@maxLength(500)
param actionGroupId string

@description('Minutes between sweeps: one that is three times as old is late.')
@minValue(5)
@maxValue(360)
param sweepMinutes int

var told = empty(actionGroupId) ? [] : [actionGroupId]
var rules = [
  {
    name: 'failed-reconciles'
    description: 'Reconciles of one kind failed more than three times within an hour for one reason. spokewright get shows which, describe says why.'
    query: loadTextContent('../alerts/failed-reconciles.kql')
    dimensions: ['Kind', 'Reason']
    severity: 2
    operator: 'GreaterThan'
    threshold: 3
    window: 'PT1H'
    periods: 1
  }
  {
    name: 'drift'
    description: 'Documents differ from Azure for an hour: their policy is to report, or the repair does not hold.'
    query: loadTextContent('../alerts/drift.kql')
    dimensions: ['Kind']
    severity: 3
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT15M'
    periods: 4
  }
  {
    name: 'sweep-late'
    description: 'The last sweep is three times as old as it should become: sweeps fail. What no event told is not found.'
    query: loadTextContent('../alerts/sweep-late.kql')
    dimensions: []
    severity: 1
    operator: 'GreaterThan'
    threshold: sweepMinutes * 180
    window: 'PT15M'
    periods: 1
  }
  {
    name: 'sweep-silent'
    description: 'Nothing is measured any more: the timer does not run, or telemetry does not arrive.'
    query: loadTextContent('../alerts/sweep-silent.kql')
    dimensions: []
    severity: 1
    operator: 'LessThan'
    threshold: 1
    window: 'PT30M'
    periods: 1
  }
  {
    name: 'near-a-limit'
    description: 'A hub has used four fifths of its peerings or links, or a spoke of its routes, that Azure allows. Another hub takes days to plan.'
    query: loadTextContent('../alerts/capacity.kql')
    dimensions: ['Document', 'Limit']
    severity: 2
    operator: 'GreaterThanOrEqual'
    threshold: json('0.8')
    window: 'PT15M'
    periods: 1
  }
  {
    name: 'throttled'
    description: 'Azure refused more than a hundred calls to one provider within an hour: work goes on, slower.'
    query: loadTextContent('../alerts/throttled.kql')
    dimensions: ['Provider']
    severity: 3
    operator: 'GreaterThan'
    threshold: 100
    window: 'PT1H'
    periods: 1
  }
  {
    name: 'queue-age'
    description: 'A request or an event waited for ten minutes before it was taken.'
    query: loadTextContent('../alerts/queue-age.kql')
    dimensions: ['Queue']
    severity: 3
    operator: 'GreaterThan'
    threshold: 600
    window: 'PT15M'
    periods: 1
  }
]

resource measured 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: '${prefix}-${rule.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Spokewright: ${rule.name}'
    description: rule.description
    enabled: true
    severity: rule.severity
    scopes: [workspaceId]
    evaluationFrequency: 'PT15M'
    windowSize: rule.window
    autoMitigate: true
    // The tables are there once the first telemetry has come.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Maximum'
          metricMeasureColumn: 'Value'
          dimensions: [for name in rule.dimensions: {
            name: name
            operator: 'Include'
            values: ['*']
          }]
          operator: rule.operator
          threshold: rule.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: rule.periods
            minFailingPeriodsToAlert: rule.periods
          }
        }
      ]
    }
    actions: {
      actionGroups: told
    }
  }
}]

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${prefix}-dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages are in dead letters: spokewright dead-letters shows them, and sends them again.'
    severity: 2
    enabled: true
    scopes: [serviceBusId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead-letters'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          dimensions: [
            {
              name: 'EntityName'
              operator: 'Include'
              values: ['*']
            }
          ]
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Maximum'
        }
      ]
    }
    actions: [for id in told: {
      actionGroupId: id
    }]
  }
}
