"""One module for each command; each holds `command`, a click command. `cli.registry` says which there are."""
