"""The HTTP server: one pure-ASGI pipeline on uvicorn."""
