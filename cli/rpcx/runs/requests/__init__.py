"""Requests: what the calls and streams of a run send."""
