"""The record of an option, and the values of options that are not typed."""
