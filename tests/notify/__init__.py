"""Replies over Service Bus."""
