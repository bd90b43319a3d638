"""People for the directory: invented ones (``generate``) and those of a file (``load``)."""
