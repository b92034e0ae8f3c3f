"""`--template`, `--rows` and `--allow-env`: requests that are filled in call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from rpcx.errors import UsageError

if TYPE_CHECKING:
    from rpcx.commands.filled import Templates


class TemplateOptions(NamedTuple):
    """As typed; `templates` checks them."""

    template: Annotated[
        bool,
        typer.Option(
            "--template",
            help="Fill in {{seq}}, {{uuid}}, {{now}}, {{random_int(1, 9)}} and columns in texts of"
            " -d and -H, call by call.",
        ),
    ] = False
    rows: Annotated[
        str | None,
        typer.Option(
            "--rows",
            metavar="FILE",
            help="Columns for templates: CSV (.csv) or JSON objects, a row for each call.",
            show_default=False,
        ),
    ] = None
    allow_env: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-env",
            metavar="NAME",
            help="Let templates read this environment variable as {{env.NAME}} (repeatable).",
            show_default=False,
        ),
    ] = None

    def templates(self) -> Templates | None:
        """What fills requests in; None without --template.

        Raises:
            UsageError: An option needs --template, or a variable is not set.
        """
        if self.template:
            from rpcx.commands.filled import Templates

            return Templates(self.allow_env or ())
        for option, value in (("--rows", self.rows), ("--allow-env", self.allow_env)):
            if value:
                raise UsageError(f"{option} is for templates; add --template")
        return None
