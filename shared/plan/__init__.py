"""The pure planner: documents and what was observed in, a plan out. No Azure, no clock, no chance."""
