"""The client that h2specd judges: one call to a URL, over the transport `wire`.

python h2_client.py http://127.0.0.1:30000/
"""

from __future__ import annotations

import sys
import threading
from urllib.parse import urlsplit

from rpcx.results import Outcome
from rpcx.target.target import Target
from rpcx.transport.protocol import Woken
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
        while not isinstance(transport.next_event(), Outcome):
            pass
        threading.Timer(LINGER_S, transport.wake).start()
        while not isinstance(transport.next_event(), Woken):
            pass
    transport.close()


if __name__ == "__main__":
    main()
