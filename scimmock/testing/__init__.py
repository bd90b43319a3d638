"""The server in a test: the same objects for pytest and for any other Python code."""
