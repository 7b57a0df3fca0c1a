// App Service Authentication: it checks tokens of Entra ID, names the caller to the app, and takes forged names out. What
// nobody signed in for comes through without a name: the app itself says which route needs which role, and answers 401.

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
      requireAuthentication: false
      unauthenticatedClientAction: 'AllowAnonymous'
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
