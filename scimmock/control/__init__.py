"""The control API below ``/_scimmock``: tenants, state, journal, health."""
