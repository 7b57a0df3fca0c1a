"""The Functions app: triggers, orchestrators and activities."""
