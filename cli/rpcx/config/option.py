"""An option, declared once: everything that is said about it elsewhere is derived from this.

A declaration is the annotation of a parameter or of a field, `total: Annotated[int | None,
Option("Total number of calls.", "N", short="-n")] = None`. Its long name and its environment
variable follow from the field's name, and from its type whether it takes a value and may be
given several times. The parser, the help, the environment, `--plan`, the check of names with one
dash and the reference of the manual all read the same record.
"""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Group(enum.StrEnum):
    """The headings under which help shows options, in its order."""

    MAIN = "Options"
    REQUESTS = "Requests"
    LOAD = "Load"
    STREAMS = "Streams"
    MEASUREMENT = "Measurement and verdict"
    OUTPUT = "Output"
    SCHEMA = "Schema"
    SERVER = "Behaviour of the server"
    TLS = "TLS"
    CONNECTION = "Connection"


class Variable(enum.Enum):
    """How an option's environment variable is read."""

    NONE = "none"
    """None: the option says what is sent or how much of it, not where or how."""
    DEFAULT = "default"
    """Its value is used if the option is not typed; for a repeatable option, a value a line."""
    OWN = "own"
    """The option's group reads it, since what is typed is added to it; it has a value a line."""


NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Option(NamedTuple):
    """What is declared of an option, and what follows from its parameter (`at`).

    Attributes:
        help: One or two sentences.
        metavar: Its value, such as `FILE`; empty for a flag.
        short: Its short name, such as `-n`.
        group: Its heading in help.
        variable_is: How its environment variable is read.
        default: What holds if it is not given; derived where the parameter's default says it.
        also: Names that grpcurl and ghz have for the same.
        also_file: Such names for a file, where ours takes `@FILE`.
        parsing: Other settings of Typer, such as `count` or `min`.
        key: The name of its parameter; what follows is derived as well.
        name: Its long name.
        names: The names as typed, the short one first if there is one.
        variable: Its environment variable; None if it has none.
        takes_value: Whether a value follows.
        repeatable: Whether it may be given several times.
    """

    help: str
    metavar: str = ""
    short: str = ""
    group: Group = Group.MAIN
    variable_is: Variable = Variable.DEFAULT
    default: str = ""
    also: tuple[str, ...] = ()
    also_file: tuple[str, ...] = ()
    parsing: Mapping[str, Any] = NOTHING
    key: str = ""
    name: str = ""
    names: tuple[str, ...] = ()
    variable: str | None = None
    takes_value: bool = True
    repeatable: bool = False

    def at(self, key: str, default: object, *, takes_value: bool, repeatable: bool) -> Self:
        """Return the option of a parameter, with all that follows from it.

        Args:
            key: The parameter's name.
            default: The parameter's default.
            takes_value: Whether its type is neither that of a flag nor of a count.
            repeatable: Whether its type is a list.
        """
        name = f"--{key.replace('_', '-')}"
        return self._replace(
            key=key,
            default=self.default or (str(default) if default and takes_value else ""),
            name=name,
            names=(self.short, name) if self.short else (name,),
            variable=None if self.variable_is is Variable.NONE else f"RPCX_{key.upper()}",
            takes_value=takes_value,
            repeatable=repeatable,
        )


class Argument(NamedTuple):
    """A word without a name, by its place.

    Attributes:
        metavar: How help names it.
        help: One sentence.
    """

    metavar: str
    help: str


def any_of(names: Iterable[str]) -> str:
    """Return `names` as a choice in a sentence: `text, json or none`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
