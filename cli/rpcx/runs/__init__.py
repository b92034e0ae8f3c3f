"""Runs: they carry out a plan, without a command line."""
