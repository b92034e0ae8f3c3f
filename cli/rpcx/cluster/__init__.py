"""Runs whose shares are carried out by several processes."""
