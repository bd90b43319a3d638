"""Every check there is, in the order of its documentation."""

from __future__ import annotations

from . import bulks, lookups, patching, profiles, queries, resources, retries, wire, writes
from .base import PROFILES, Check, registered

FAMILIES = (wire, resources, patching, queries, bulks, writes, lookups, retries, profiles)

CATALOGUE: tuple[Check, ...] = tuple(sorted(registered(), key=lambda item: PROFILES.index(item.profile)))
