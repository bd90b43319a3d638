"""Requests that scimmock itself sends to a service under test."""
