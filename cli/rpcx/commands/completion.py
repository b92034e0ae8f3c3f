"""`rpcx completion`: the script that makes a shell complete rpcx's words."""

from __future__ import annotations

import enum
from typing import Annotated

import typer


class Shell(enum.StrEnum):
    """The shells there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[
        Shell,
        typer.Argument(metavar="bash|zsh|fish", help="The shell to write for.", show_default=False),
    ],
) -> int:
    """Print the completion script of a shell.

    bash: rpcx completion bash > ~/.local/share/bash-completion/completions/rpcx

    zsh: rpcx completion zsh > a file _rpcx in a directory of $fpath

    fish: rpcx completion fish > ~/.config/fish/completions/rpcx.fish
    """
    from rpcx.output.stdout import Stdout

    Stdout(terminal=False, colour=False).raw(script(shell).encode())
    return 0


def script(shell: Shell) -> str:
    """The text of the script, with its last line end."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined] # no __all__

    generated = get_completion_script(
        prog_name="rpcx", complete_var="_RPCX_COMPLETE", shell=shell.value
    )
    return f"{generated}\n"
