"""The entry point of `rpcx` and of `python -m rpcx`."""

from __future__ import annotations


def main() -> None:
    """Run rpcx with the arguments of this process, and exit."""
    import signal  # noqa: PLC0415 -- first of all, so that Ctrl-C is quiet while the rest loads

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # In every thread: a SIGPIPE that is seen all the same was sent by somebody, and no result of
    # writing to what is closed.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    _open_what_is_closed()
    from rpcx.app import run  # noqa: PLC0415 -- see above

    run()


def _open_what_is_closed() -> None:
    """Put /dev/null where the caller closed a standard stream (`>&-`).

    What is opened next would take its number, and a socket would get our output.
    """
    import os  # noqa: PLC0415 -- as above
    import sys  # noqa: PLC0415 -- as above

    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 -- for as long as we run


if __name__ == "__main__":
    main()
