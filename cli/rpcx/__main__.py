"""The entry point of `rpcx` and of `python -m rpcx`."""

from __future__ import annotations


def main() -> None:
    """Run rpcx with the arguments of this process, and exit."""
    import signal  # noqa: PLC0415 -- first of all, so that Ctrl-C is quiet while the rest loads

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from rpcx.app import run  # noqa: PLC0415 -- see above

    run()


if __name__ == "__main__":
    main()
