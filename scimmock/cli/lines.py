"""One line for an exchange, in colours."""

from __future__ import annotations

from functools import partial

import click

from ..journal.lines import line_of as plain_line_of

line_of = partial(plain_line_of, style=lambda text, colour: click.style(text, fg=colour))
