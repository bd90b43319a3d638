"""Between a client and a service: what mitmproxy loads, and what reads its files."""
