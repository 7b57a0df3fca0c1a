"""Plain generators that Durable Functions replays: context time only, no I/O, no environment, no set order."""
