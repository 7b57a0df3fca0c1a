"""Traces, metrics and structured logs: what happens, named by document, instance, resource and step.

The only place that knows OpenTelemetry. It must not know Azure's clients, the store, or what a document means. While
it is off nothing of an SDK or exporter is loaded, and every call here costs next to nothing.
"""
