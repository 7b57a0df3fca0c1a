"""Parse, change a document or wake one, respond. Nothing here talks to Azure Resource Manager but `plan`."""
