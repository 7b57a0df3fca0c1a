"""The status page: static files, and how they are to be served."""
