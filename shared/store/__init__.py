"""Documents, plans, step results and request records, kept in Azure Table Storage or SQLite."""
