"""The pure planner: documents and what was observed in, a plan out. No Azure, clock, environment or chance."""
