"""Report files: one form for each extension."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast

from rpcx.errors import RpcxError, UsageError

if TYPE_CHECKING:
    from rpcx.stats.run import Run

_FORMS: Final = {
    ".json": "json_report",
    ".csv": "csv_report",
    ".hdr": "hdr_log",
    ".prom": "prometheus",
    ".html": "html",
}


class ReportError(RpcxError):
    """A report could not be written."""


class _Form(Protocol):
    """A module that makes one form."""

    def render(self, run: Run) -> bytes:
        """The whole file."""
        ...

    def check(self) -> None:
        """See that what it needs is installed.

        Raises:
            UsageError: It is not.
        """
        ...


def check_path(text: str) -> Path:
    """See, before a run, that a report can be written there.

    Raises:
        UsageError: Its form is unknown, its directory is missing, or it may not be written.
    """
    path = Path(text)
    if path.suffix not in _FORMS:
        raise UsageError(
            f"--report {text!r}: the name's end says the form; it can be {', '.join(_FORMS)}"
        )
    if path.is_dir():
        raise UsageError(f"--report {text!r} is a directory; give the name of a file in it")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--report {text!r}: there is no directory {str(path.parent)!r}")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise UsageError(f"--report {text!r} may not be written")
    _form(path).check()
    return path


def write_report(path: Path, run: Run) -> None:
    """Write a run in the form of the path's extension; a file is replaced whole or not at all.

    Raises:
        ReportError: It could not be written.
    """
    replace(path, _form(path).render(run))


def replace(path: Path, content: bytes) -> None:
    """Write a report's file, whole or not at all.

    Raises:
        ReportError: It could not be written.
    """
    # What is no plain file (/dev/stdout, a pipe) can't be replaced.
    plain = path.is_file() or not path.exists()
    beside = path.with_name(f".{path.name}.{os.getpid()}") if plain else path
    try:
        beside.write_bytes(content)
        if plain:
            beside.replace(path)
    except OSError as error:
        if plain:
            beside.unlink(missing_ok=True)
        raise ReportError(f"--report {str(path)!r} was not written: {error.strerror}") from None


def _form(path: Path) -> _Form:
    return cast("_Form", import_module(f"{__name__}.{_FORMS[path.suffix]}"))
