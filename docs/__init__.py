"""The house's documents; `generate` makes those of them that are made from code. Never deployed."""
