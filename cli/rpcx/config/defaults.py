"""Values that are not typed: from the environment, then from a plan, and their origin."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rpcx.config.option import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rpcx.config.option import Option


def lines_of(variable: str) -> list[str]:
    """Return the values of a repeatable option from its environment variable, one a line."""
    return [line for line in os.environ.get(variable, "").splitlines() if line.strip()]


def of_environment(options: Iterable[Option]) -> dict[str, Any]:
    """Return the values of variables by the options' keys; an empty variable has no value."""
    values: dict[str, Any] = {}
    for option in options:
        if option.variable is None or option.variable_is is Variable.OWN:
            continue
        text = os.environ.get(option.variable)
        value = lines_of(option.variable) if option.repeatable else text
        if value:
            values[option.key] = value
    return values


def origin(option: Option, plan: str | None) -> str:
    """Return where the value of an option that was not typed came from, to end a sentence with.

    Args:
        option: The option.
        plan: The path of the plan, if one was given; the environment wins over it.
    """
    if option.variable is not None and os.environ.get(option.variable):
        return f" ({option.variable})"
    if plan is None:
        return ""
    from rpcx.config.plan_file import place  # noqa: PLC0415 -- only a plan needs it

    return place(plan, option.name.removeprefix("--"))
