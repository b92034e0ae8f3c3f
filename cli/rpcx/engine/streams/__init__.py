"""Streams: what one of them does on its two sides, and the worker that drives many."""
