"""Scripts that are run by hand, and that CI or make merely call."""
