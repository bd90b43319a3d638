"""Exchanges between clients and services, in memory and in files; standard library only."""
