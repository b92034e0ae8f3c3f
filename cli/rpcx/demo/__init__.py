"""The bundled server: the target `demo` and `rpcx serve`.

`settings` and `child` are all that a client needs, and import no grpc. Everything else
runs on the server's side.
"""

import os

# The core reads it when grpc is first imported, and would log to stderr between results.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
