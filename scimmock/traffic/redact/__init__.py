"""What is personal or secret in a session, and what takes its place; standard library only."""
