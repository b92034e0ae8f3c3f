"""`rpcx completion`: the script with which a shell completes rpcx's words."""

from __future__ import annotations

import enum
from typing import Annotated

from rpcx.commands.options.groups import with_option_groups
from rpcx.config.option import Argument


class Shell(enum.StrEnum):
    """The shells that have a script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@with_option_groups
def completion(
    shell: Annotated[Shell, Argument("|".join(Shell), "The shell to write for.")],
) -> int:
    """Print the completion script of a shell.

    Save it where the shell looks: for bash as
    ~/.local/share/bash-completion/completions/rpcx, for zsh as _rpcx in a directory of $fpath,
    for fish as ~/.config/fish/completions/rpcx.fish.

    Examples:
      source <(rpcx completion bash)
      rpcx completion zsh > _rpcx
      rpcx completion fish > rpcx.fish
    """
    from rpcx.output.stdout import Stdout

    Stdout(terminal=False, colour=False).raw(script(shell).encode())
    return 0


def script(shell: Shell) -> str:
    """Return the text of the script, with a newline at its end."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined] # no __all__

    generated = get_completion_script(
        prog_name="rpcx", complete_var="_RPCX_COMPLETE", shell=shell.value
    )
    return f"{generated}\n"
