"""Options that were typed and have no effect with the others: a remark for each.

Options that contradict each other are errors, raised where they are checked. This table has those
that are only useless: whoever typed one believes that it does something. A value from the
environment is not remarked on: it is set once for many commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpcx.documents.forms import InputForm
from rpcx.output.forms import Form
from rpcx.output.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import typer

    Values = Mapping[str, Any]

RULES: Final[tuple[tuple[str, Callable[[Values], bool], str], ...]] = (
    ("key_password_file", lambda has: not has["key"], "without --key"),
    ("import_path", lambda has: not has["proto"], "without --proto"),
    (
        "expand_headers",
        lambda has: not (has["header"] or has["reflect_header"]),
        "without -H or --reflect-header",
    ),
    ("input_format", lambda has: not (has["data"] or has["call"]), "without -d"),
    (
        "allow_unknown_fields",
        lambda has: has["input_format"] in (InputForm.BINARY, InputForm.DELIMITED),
        "with binary input: unknown fields of binary messages are always kept",
    ),
    (
        "emit_defaults",
        lambda has: not has["form"].prints_results,
        "if no response is printed; add -o message or -o record",
    ),
    (
        "percentiles",
        lambda has: not (has["summary"] or has["report"] or has["interval"]),
        "if no summary is shown; add -o summary, -o json or --report",
    ),
    (
        "show_secrets",
        lambda has: not (has["verbose"] or has["form"] is Form.RECORD),
        "if no headers are shown; add -v or -o record",
    ),
)
"""Option, when it has no effect, and the end of the sentence "--x has no effect …"."""


def remark_on_ineffective(context: typer.Context, *, form: Form, summary: bool) -> None:
    """Write a remark for each option that was typed and has no effect.

    Args:
        context: The command's, with the values of its options.
        form: What is printed.
        summary: Whether a summary is shown, on either stream.
    """
    values = {**context.params, "form": form, "summary": summary}
    for key, is_useless, why in RULES:
        source = context.get_parameter_source(key)
        if source is not None and source.name == "COMMANDLINE" and is_useless(values):
            remark(f"--{key.replace('_', '-')} has no effect {why}")
