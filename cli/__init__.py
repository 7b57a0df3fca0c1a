"""The command line, `spokewright`: talks to the HTTP API, and shows what it says. It imports nothing of the app."""
