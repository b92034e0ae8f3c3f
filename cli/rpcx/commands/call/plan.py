"""`--plan run.toml`: the file's values become the defaults of the other options."""

from __future__ import annotations

from typing import Annotated, Any

import typer  # noqa: TC002 -- Typer reads it

from rpcx.config.option import Group, Option, Variable


def _apply(context: typer.Context, path: str | None) -> str | None:
    """Use the file's values for options that neither the command line nor the environment sets."""
    if path is not None and not context.resilient_parsing:
        from rpcx.config.plan_file import of_plan

        parameters: list[Any] = [one for one in context.command.params if one.name != "plan"]
        keys = {
            _key(one): (str(one.name), bool(getattr(one, "multiple", False))) for one in parameters
        }
        context.default_map = {**of_plan(path, keys), **(context.default_map or {})}
    return path


def _key(parameter: Any) -> str:
    """Return how a plan names an option or an argument: its long name, without the dashes."""
    return str(max(parameter.opts, key=len)).removeprefix("--")


PlanOption = Annotated[
    str | None,
    Option(
        "Take options from this TOML file; those on the command line win.",
        "FILE",
        group=Group.REQUESTS,
        variable_is=Variable.NONE,
        parsing={"callback": _apply, "is_eager": True},
    ),
]
