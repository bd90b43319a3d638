"""The quirks, one file for each closely related family; importing a file registers what it has."""
