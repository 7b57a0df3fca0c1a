"""Who calls, what they may do, and what is written down of it. It reads no document by itself, and stores none."""
