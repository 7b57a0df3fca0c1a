"""One file per Azure kind: what it should be, in the REST shape, how it compares, and what it needs.

Each file has `TYPE` (the resource type) and `desired(...)`. Nothing here reads documents, Azure or a clock.
"""
