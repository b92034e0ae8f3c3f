"""Runs plans over a transport and announces the results; prints nothing."""
