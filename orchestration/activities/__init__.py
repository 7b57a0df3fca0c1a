"""The bodies of activities: short, idempotent (each may run twice), and never waiting for an operation.

Every body is `async (Dependencies, job) -> JSON`, or with the durable client where it wakes other documents.
"""
