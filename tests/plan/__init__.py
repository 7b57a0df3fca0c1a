"""The pure planner: its parts by tables, and whole documents against a small Azure of our own."""
