"""Findings: what a client's requests say that RFC 7643, RFC 7644 or good manners would say otherwise."""
