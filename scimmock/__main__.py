"""``python -m scimmock``."""

from .cli import main

main()
