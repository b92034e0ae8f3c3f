"""The target: where to, and how it is reached."""
