"""The completion scripts: as generated, and as real shells use them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from processes import Terminal

from rpcx.commands.completion import Shell, script

if TYPE_CHECKING:
    from collections.abc import Callable

COMPLETIONS = Path(__file__).parents[2] / "completions"
FILES = {Shell.BASH: "rpcx.bash", Shell.ZSH: "_rpcx", Shell.FISH: "rpcx.fish"}

SHIM = """\
#!/bin/sh
if [ -z "$_RPCX_COMPLETE" ]; then echo "ran <$*>"; else exec '{python}' -m rpcx "$@"; fi
"""
"""An rpcx that completes as the real one does, and says how it was called."""


@pytest.fixture
def shell_env(tmp_path: Path) -> dict[str, str]:
    """An environment whose rpcx is the shim, and whose home is empty."""
    shim = tmp_path / "bin" / "rpcx"
    shim.parent.mkdir()
    shim.write_text(SHIM.format(python=sys.executable))
    shim.chmod(0o755)
    return {
        "HOME": str(tmp_path),
        "PATH": f"{shim.parent}:{os.environ['PATH']}",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PS1": "$ ",
    }


def installed(shell: Shell) -> str:
    """The path of a shell; skips the test where there is none."""
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    return path


def test_checked_in_scripts_are_those_generated(regenerate: bool) -> None:
    """`completions/` holds what Typer generates for rpcx; --regenerate writes it anew."""
    generated = {name: script(shell) for shell, name in FILES.items()}
    if regenerate:
        COMPLETIONS.mkdir(exist_ok=True)
        for name, text in generated.items():
            (COMPLETIONS / name).write_text(text)
    assert {path.name: path.read_text() for path in COMPLETIONS.iterdir()} == generated


@pytest.mark.parametrize("shell", Shell)
def test_command_prints_the_script(rpcx: Callable[..., Any], shell: Shell) -> None:
    """`rpcx completion SHELL` prints the checked-in file, and nothing else."""
    result = rpcx("completion", shell)
    assert (result.code, result.err) == (0, "")
    assert result.raw == (COMPLETIONS / FILES[shell]).read_bytes()


def test_other_shells_are_a_usage_error(rpcx: Callable[..., Any]) -> None:
    """A shell without a script is quoted beside those that have one, with exit status 2."""
    result = rpcx("completion", "tcsh")
    assert result.code == 2
    assert "'tcsh'" in result.err
    assert all(shell in result.err for shell in Shell)


def test_help_has_no_options_for_installing(rpcx: Callable[..., Any]) -> None:
    """Completion adds a command and no option of Typer's own."""
    shown = rpcx("--help").out
    assert "--install-completion" not in shown
    assert "--show-completion" not in shown
    assert "\n  completion " in shown


def test_bash_completes_a_command(shell_env: dict[str, str]) -> None:
    """In bash `rpcx ca<TAB>` becomes `rpcx call`."""
    bash = installed(Shell.BASH)
    with Terminal([bash, "--norc", "--noprofile", "-i"], shell_env) as terminal:
        terminal.send(f"source '{COMPLETIONS / 'rpcx.bash'}'\nrpcx ca\t\n")
        assert terminal.read_until(rb"ran <[^>$]*>").endswith(b"ran <call>")


def test_zsh_completes_a_command(shell_env: dict[str, str], tmp_path: Path) -> None:
    """In zsh, with the file in $fpath, `rpcx ca<TAB>` becomes `rpcx call`."""
    zsh = installed(Shell.ZSH)
    shutil.copy(COMPLETIONS / "_rpcx", tmp_path / "_rpcx")
    with Terminal([zsh, "-f", "-i"], shell_env) as terminal:
        terminal.send(f"fpath=('{tmp_path}' $fpath); autoload -Uz compinit; compinit -u -D\n")
        # The file defines the function when it is first asked, and answers from then on.
        terminal.send("rpcx \t\n")
        terminal.read_until(rb"ran <[^>$]*>")
        terminal.send("rpcx ca\t\n")
        assert terminal.read_until(rb"ran <[^>$]*>").endswith(b"ran <call>")


def test_fish_completes_a_command(shell_env: dict[str, str]) -> None:
    """In fish `rpcx ca<TAB>` offers `call`, with its help."""
    fish = installed(Shell.FISH)
    offered = subprocess.run(
        [fish, "--no-config", "-c", f"source '{COMPLETIONS / 'rpcx.fish'}'; complete -C 'rpcx ca'"],
        env=shell_env,
        capture_output=True,
        text=True,
        check=True,
    )
    word, _, described = offered.stdout.strip().partition("\t")
    assert word == "call"
    assert described.startswith("Make unary calls")


def test_options_are_completed_too(shell_env: dict[str, str]) -> None:
    """`rpcx call --conc<TAB>` in bash becomes `--concurrency`."""
    bash = installed(Shell.BASH)
    with Terminal([bash, "--norc", "--noprofile", "-i"], shell_env) as terminal:
        terminal.send(f"source '{COMPLETIONS / 'rpcx.bash'}'\nrpcx call --conc\t\n")
        assert terminal.read_until(rb"ran <[^>$]*>").endswith(b"ran <call --concurrency>")
