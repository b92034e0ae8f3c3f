"""Runs: what carries out a plan, without a command line."""
