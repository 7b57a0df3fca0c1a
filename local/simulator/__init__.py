"""Azure Resource Manager on 127.0.0.1: the local oracle for the real SDKs and the real az command line.

It imports nothing of the product: an oracle that shares our parser cannot catch our bugs.
What it models, and from which evidence, is in docs/fidelity.md.

    server      the process: HTTPS, managed identity over HTTP, tickers; admin is its door `/_simulator/`
    arm         a request in, an answer out, one transaction each; dispatch makes the checks of Azure Resource
                Manager and calls the kind; tenant answers what lies above resource groups
    kind        what an Azure kind implements (read this first); kinds/ holds them, kinds/__init__ lists them
    world       resources, who mentions whom, simulated time, reproducible chance: what kinds see
    operations  long-running operations on the wire; operation is their data; durations how long they take
    events      Event Grid events; outbox keeps them until delivery has brought them to the webhooks; event_grid
                is the wire to these
    topic       what was published to a custom topic; topic_door takes it over HTTPS, topic_schema reads it
    topology/   what a machine in a network sees: names, routes, rules (for run command)
    faults      what goes wrong on purpose; harm is what that does to one request and its events
    store       the SQLite file; journal, limits, clock, identity, certificate, endpoints are what they say
"""
