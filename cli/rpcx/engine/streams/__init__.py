"""Streams: the two sides of one, and the engine that drives many."""
