"""Options: what is typed, declared once for all commands that take it."""
