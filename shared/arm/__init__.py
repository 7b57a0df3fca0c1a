"""The only door to Azure Resource Manager: begin, poll, get, list and delete over the azure-mgmt clients."""
