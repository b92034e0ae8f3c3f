"""The client that h2specd judges: one call to a URL, over the transport `wire`.

python h2_client.py http://127.0.0.1:30000/
"""

from __future__ import annotations

import sys
import time
from urllib.parse import urlsplit

from rpcx.results import Outcome
from rpcx.target.target import Target
from rpcx.transport.wire.transport import WireTransport

CONNECT_S = 2.0
CALL_S = 1.0
LINGER_S = 0.2


def main() -> None:
    """Connect, call, and listen a little for what else the server says."""
    url = urlsplit(sys.argv[1])
    transport = WireTransport(Target(url.netloc, url.netloc))
    if transport.connect(CONNECT_S, lambda: True):
        transport.unary(url.path or "/", ()).start(None, b"", CALL_S)
        while not any(isinstance(event, Outcome) for event in transport.events()):
            pass
        linger_until = time.perf_counter() + LINGER_S
        while time.perf_counter() < linger_until:
            transport.events(linger_until)
    transport.close()


if __name__ == "__main__":
    main()
