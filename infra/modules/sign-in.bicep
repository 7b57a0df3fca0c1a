// App Service Authentication: Entra ID signs callers in before the app sees them, and names them to it.

@description('Name of the app.')
@minLength(2)
@maxLength(60)
param appName string

@description('Client id of the app registration whose app roles are Reader, Requester, Approver and Admin.')
@minLength(36)
@maxLength(36)
param clientId string

@description('Tenant that signs callers in.')
@minLength(36)
@maxLength(36)
param tenantId string

@description('What access tokens may be for.')
@minLength(1)
param audiences array

@description('Paths that are asked for without sign-in; each has to be guarded otherwise, or to be public.')
param openPaths array

resource app 'Microsoft.Web/sites@2025-05-01' existing = {
  name: appName
}

resource signIn 'Microsoft.Web/sites/config@2025-05-01' = {
  // checkov:skip=CKV_AZURE_13: this is the authentication; the check knows only its first version
  // checkov:skip=CKV_AZURE_63: this is the authentication, not the site's configuration
  parent: app
  // checkov:skip=CKV_AZURE_65: this is the authentication, not the site's configuration
  // checkov:skip=CKV_AZURE_66: this is the authentication, not the site's configuration
  // checkov:skip=CKV_AZURE_80: this is the authentication, and the app is Python
  name: 'authsettingsV2'
  // checkov:skip=CKV_AZURE_88: this is the authentication, and Flex Consumption mounts no Azure Files
  // checkov:skip=CKV_AZURE_222: this is the authentication; the site is closed by default
  properties: {
    globalValidation: {
      excludedPaths: openPaths
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: audiences
        }
      }
    }
    login: {
      tokenStore: {
        enabled: false
      }
    }
    platform: {
      enabled: true
      runtimeVersion: '~1'
    }
  }
}
