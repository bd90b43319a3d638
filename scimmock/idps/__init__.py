"""Identity providers as SCIM clients: what they send, made from the data of a fixture's ``client``."""
