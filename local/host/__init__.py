"""A Functions host for one machine: loads the real `function_app.py` and serves its triggers. Never deployed."""
