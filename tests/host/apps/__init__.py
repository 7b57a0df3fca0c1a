"""Apps that the host's tests load."""
