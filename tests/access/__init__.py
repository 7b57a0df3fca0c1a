"""Who may do what: principals, roles, limits, the audit."""
