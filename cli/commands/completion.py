"""`spokewright completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from cli.errors import Misused
from cli.printing import Screen

PROGRAM = "spokewright"
VARIABLE = "_SPOKEWRIGHT_COMPLETE"
SHELLS = {
    "bash": 'eval "$(spokewright completion bash)"',
    "zsh": 'eval "$(spokewright completion zsh)"',
    "fish": "spokewright completion fish | source",
}
"""Each shell, and the line that belongs into the file that it reads at its start."""


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print the script that completes commands and options in a shell.

    Put into ~/.bashrc: eval "$(spokewright completion bash)"; into ~/.zshrc: eval "$(spokewright completion zsh)";
    into ~/.config/fish/config.fish: spokewright completion fish | source
    """
    found = get_completion_class(shell)
    if found is None:
        raise Misused(f"nothing completes in {shell}", f"use one of {', '.join(SHELLS)}")
    whole = ctx.find_root().command
    made = found(whole, {}, PROGRAM, VARIABLE)
    Screen().text(made.source_template % made.source_vars())
    return 0
