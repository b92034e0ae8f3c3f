"""Runs as a console shows them: made, printed while they work, summed up and judged."""
