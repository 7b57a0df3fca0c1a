"""Diagnosis: which link of the chain is broken."""
