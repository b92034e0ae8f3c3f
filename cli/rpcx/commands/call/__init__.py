"""`rpcx call`."""
