"""The ways in: the magic and the command."""
