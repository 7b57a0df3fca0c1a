"""What the app is made of; it knows nothing of Azure Functions."""
