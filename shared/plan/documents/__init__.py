"""What each kind of document owns: which resources, what is read, what it publishes. One file per kind."""
