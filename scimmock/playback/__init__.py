"""Recorded sessions played again at a service under test, and what is different."""
