"""Standard error: sentences for people, who may be gone."""

from __future__ import annotations

import os
import sys


def say(text: str) -> None:
    """Write whole lines at once; where nobody can read them any more, that is no error."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        # Its buffer keeps what could not be written, and would fail again at exit.
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 -- for as long as we run
