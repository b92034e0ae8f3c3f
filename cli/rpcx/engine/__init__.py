"""Runs a plan over a transport and announces what comes of it; prints nothing."""
