"""The transport `grpc`: grpcio's public API, for what only gRPC's own core can do.

Importing this package silences the core, which otherwise writes to standard error on its own. The
core reads the variable when grpc is loaded, so this comes before every import of grpc here.
"""

from __future__ import annotations

import os

os.environ.setdefault("GRPC_VERBOSITY", "NONE")
