"""Documents, conditions, resource ids and the error tree: the words everything else speaks."""
