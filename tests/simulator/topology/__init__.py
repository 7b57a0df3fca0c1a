"""What a machine in the simulated network sees."""
