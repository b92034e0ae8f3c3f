"""`rpcx stream`."""
