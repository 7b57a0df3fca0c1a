"""Private clusters in a hub-spoke network."""
