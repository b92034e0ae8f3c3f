"""A module for each command: parse, call one function, return the exit status."""
