"""Report files: one form for each extension."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast

from rpcx.errors import RpcxError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rpcx.stats.run import Run

FORMS: Final = {
    ".json": "json_report",
    ".csv": "csv_report",
    ".hdr": "hdr_log",
    ".prom": "prometheus",
    ".html": "html",
}
"""The module of each form, by the extension of its files."""


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
    if path.suffix not in FORMS:
        raise UsageError(
            f"--report {text!r}: the name's end says the form; it can be {', '.join(FORMS)}"
        )
    try:
        _try_out(path, text)
    except OSError as error:
        raise UsageError(f"--report {text!r} cannot be written: {error.strerror}") from None
    except ValueError:
        raise UsageError(f"--report {text!r}: a file name has no NUL character") from None
    _form(path).check()
    return path


def write_report(path: Path, run: Run) -> None:
    """Write a run in the form of the path's extension; a file is replaced whole or not at all.

    Raises:
        ReportError: It could not be written.
    """
    replace(path, _form(path).render(run))


def write_each(paths: Iterable[Path], write: Callable[[Path], None]) -> ReportError | None:
    """Write each of these files; return the first error, once the others are written."""
    failed = None
    for path in paths:
        try:
            write(path)
        except ReportError as error:
            failed = failed or error
    return failed


def replace(path: Path, content: bytes) -> None:
    """Write a report's file, whole or not at all; what cannot be written there is kept elsewhere.

    Raises:
        ReportError: It could not be written; the text says where it is instead.
    """
    try:
        if _is_plain(path):
            _replace(path, content)
        else:
            path.write_bytes(content)
    except OSError as error:
        raise ReportError(
            f"--report {str(path)!r} was not written: {error.strerror}{_kept(path, content)}"
        ) from None


def _replace(path: Path, content: bytes) -> None:
    beside = _beside(path)
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _kept(path: Path, content: bytes) -> str:
    """Write what would be lost to the folder for temporary files; return where, for a sentence."""
    try:
        with tempfile.NamedTemporaryFile(
            prefix="rpcx-", suffix=path.suffix, delete=False
        ) as elsewhere:
            elsewhere.write(content)
    except OSError:
        return ""
    return f"; it is in {elsewhere.name!r} instead"


def _try_out(path: Path, text: str) -> None:
    """See that a file of that name can be written.

    Raises:
        UsageError: It cannot, for a reason that has a sentence of its own.
        OSError: It cannot, for another reason.
        ValueError: That is not a name.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"--report {text!r}: there is no directory {str(path.parent)!r}")
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(path.stat().st_mode):
            raise UsageError(f"--report {text!r} is a directory; give the name of a file in it")
    if not _is_plain(path):
        if not os.access(path, os.W_OK):
            raise UsageError(f"--report {text!r} may not be written")
        return
    beside = _beside(path)
    beside.touch()
    beside.unlink()
    if path.exists() and not os.access(path, os.W_OK):
        raise UsageError(f"--report {text!r} may not be written")


def _is_plain(path: Path) -> bool:
    """Return whether it can be replaced: /dev/stdout and a pipe cannot."""
    return path.is_file() or not path.exists()


def _beside(path: Path) -> Path:
    """Return a name in the same folder, however long the name of the file is."""
    return path.with_name(f".rpcx-{os.getpid()}{path.suffix}")


def _form(path: Path) -> _Form:
    return cast("_Form", import_module(f"{__name__}.{FORMS[path.suffix]}"))
