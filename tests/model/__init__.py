"""Documents, their rules, their names, and the arithmetic of addresses."""
