"""The API described: OpenAPI from the models and the table of views. Loaded when somebody asks for it, never before."""
