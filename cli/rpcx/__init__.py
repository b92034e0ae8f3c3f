"""rpcx: exercise gRPC servers from the shell."""

__version__ = "0.1.0"
