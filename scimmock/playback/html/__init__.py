"""The parts of a replay's page of HTML."""
