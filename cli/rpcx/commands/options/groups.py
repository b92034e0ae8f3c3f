"""From declarations to what Typer reads; options that belong together are one record."""

from __future__ import annotations

import functools
import inspect
import typing
from typing import TYPE_CHECKING, Any, Protocol

import typer

from rpcx.config.option import Argument, Option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Command(Protocol):
    """A command as Typer is given it.

    Attributes:
        options: Its options by their keys, in the order in which they are declared.
    """

    __name__: str
    options: Mapping[str, Option]

    def __call__(self, **values: Any) -> int:
        """Run it, with the values of its options."""
        ...


def with_option_groups(command: Callable[..., int]) -> Command:
    """Return what Typer is given for a command: each field of its groups is an option.

    Args:
        command: A function whose parameters are annotated with an `Option`, an `Argument`, or a
            group: a NamedTuple whose fields are annotated so.
    """
    parameters: list[inspect.Parameter] = []
    options: dict[str, Option] = {}
    groups: dict[str, Any] = {}
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        members = [parameter]
        if hasattr(parameter.annotation, "_field_defaults"):
            groups[parameter.name] = parameter.annotation
            members = [*_fields(parameter.annotation)]
        for member in members:
            option = _option(member)
            if option is not None:
                options[option.key] = option
            parameters.append(_for_typer(member, option))

    @functools.wraps(command)
    def expanded(**values: Any) -> int:
        made = {
            name: group(*[values.pop(field) for field in group._fields])
            for name, group in groups.items()
        }
        return command(**values, **made)

    made: Any = expanded
    made.options = options
    # Typer reads both.
    made.__signature__ = inspect.Signature(parameters)
    made.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return typing.cast("Command", made)


def _fields(group: Any) -> Iterator[inspect.Parameter]:
    annotations = typing.get_type_hints(group, include_extras=True)
    for field in group._fields:
        yield inspect.Parameter(
            field,
            inspect.Parameter.KEYWORD_ONLY,
            default=group._field_defaults.get(field, inspect.Parameter.empty),
            annotation=annotations[field],
        )


def _option(parameter: inspect.Parameter) -> Option | None:
    declared = _declared(parameter)
    if not isinstance(declared, Option):
        return None
    kinds = {parameter.annotation.__origin__, *typing.get_args(parameter.annotation.__origin__)}
    return declared.at(
        parameter.name,
        parameter.default,
        takes_value=bool not in kinds and "count" not in declared.parsing,
        repeatable=list[str] in kinds,
    )


def _declared(parameter: inspect.Parameter) -> Any:
    return next(iter(getattr(parameter.annotation, "__metadata__", ())), None)


def _help(option: Option) -> str:
    return f"{option.help} [default: {option.default}]" if option.default else option.help


def _for_typer(parameter: inspect.Parameter, option: Option | None) -> inspect.Parameter:
    declared, info = _declared(parameter), None
    if option is not None:
        info = typer.Option(
            *option.names,
            metavar=option.metavar or None,
            help=_help(option),
            show_default=False,
            rich_help_panel=option.group.value,
            **option.parsing,
        )
    elif isinstance(declared, Argument):
        info = typer.Argument(metavar=declared.metavar, help=declared.help, show_default=False)
    annotation = parameter.annotation
    if info is not None:
        annotation = typing.Annotated[parameter.annotation.__origin__, info]
    return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
