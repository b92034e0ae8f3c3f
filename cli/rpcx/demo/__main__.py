"""`python -m rpcx.demo [QUERY]`: what `DemoProcess` starts; lives while its stdin is open."""

from __future__ import annotations

import sys

from rpcx.demo.server import run
from rpcx.demo.settings import DemoSettings
from rpcx.errors import RpcxError


def main() -> int:
    """Serve on a free port of the loopback; returns the exit status."""
    try:
        settings = DemoSettings.from_query("".join(sys.argv[1:2]))
        ended_by = run(settings, announce=_print_line, until_stdin_closes=True)
    except RpcxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 128 + ended_by if ended_by else 0


def _print_line(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
