"""The cluster: shares of a run, carried to other processes."""
