"""The actions of fault rules, one file each; importing a file registers what it has."""
