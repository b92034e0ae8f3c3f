"""`--template`, `--rows` and `--allow-env`: requests that are filled in call by call."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from rpcx.config.option import Group, Option, Variable
from rpcx.errors import RpcxError, UsageError
from rpcx.output.remarks import remark
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rpcx.runs.requests.filling import Templates


_BRACES: Final = re.compile(r"\{\{.{0,80}?\}\}", re.DOTALL)
_LOOKED_AT: Final = 65_536


def _beginning(data: str) -> str:
    """Return the text of a `-d`, or how its file begins; empty for standard input and pipes."""
    if not data.startswith("@"):
        return data
    if data == "@-" or not os.path.isfile(data[1:]):  # noqa: PTH113 -- a path as typed
        return ""
    from rpcx.documents.textfiles import open_binary

    try:
        with open_binary(data[1:], "-d", UsageError) as file:
            return file.read(_LOOKED_AT).decode(errors="replace")
    except RpcxError:  # the error is reported where the data is read
        return ""


class TemplateOptions(NamedTuple):
    """As typed; `templates` checks them."""

    template: Annotated[
        bool,
        Option(
            "Fill in {{seq}}, {{uuid}}, {{now}}, {{random_int(1, 9)}} and columns in -d and -H,"
            " for each call.",
            group=Group.REQUESTS,
        ),
    ] = False
    rows: Annotated[
        str | None,
        Option(
            "Columns for templates: CSV (.csv) or JSON objects, a row for each call.",
            "FILE",
            group=Group.REQUESTS,
            variable_is=Variable.NONE,
        ),
    ] = None
    allow_env: Annotated[
        list[str] | None,
        Option(
            "Let templates read this environment variable as {{env.NAME}} (repeatable).",
            "NAME",
            group=Group.REQUESTS,
            variable_is=Variable.NONE,
        ),
    ] = None

    def remark_on_braces(self, texts: Iterable[str]) -> None:
        """Remark that `{{…}}` is sent as it is, if it is given without --template.

        Args:
            texts: Each `-d` and `-H`.
        """
        if self.template:
            return
        for text in texts:
            found = _BRACES.search(_beginning(text))
            if found is not None:
                remark(
                    f"{printable(found[0], limit=40)} is sent as it is; add --template to fill it"
                    " in"
                )
                return

    def templates(self) -> Templates | None:
        """Return what fills requests in; None without --template.

        Raises:
            UsageError: An option needs --template, or a variable is not set.
        """
        if self.template:
            from rpcx.runs.requests.filling import Templates

            return Templates(self.allow_env or ())
        for option, value in (("--rows", self.rows), ("--allow-env", self.allow_env)):
            if value:
                raise UsageError(f"{option} needs --template; add --template")
        return None
