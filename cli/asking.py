"""Asks the person at the terminal before something is done that is not easily undone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cli.errors import Misused
from cli.printing import STRONG, Cell, Screen

if TYPE_CHECKING:
    from cli.client import Api


class Declined(click.Abort):
    """The person did not say yes: nothing was done."""


def confirm(screen: Screen, api: Api, question: str) -> None:
    """Ask, naming the deployment; end the command where the answer is not yes, or nobody is there to give one."""
    context = api.session.context
    ask(screen, question, f"context {context.name}, {context.url}")


def ask(screen: Screen, question: str, where: str) -> None:
    """Ask, saying where it would be done; end the command as `confirm` does."""
    if not sys.stdin.isatty():
        raise Misused("nobody is there to be asked", "say --yes")
    screen.line(Cell(f"{question} ", STRONG), f"[{where}] y/N: ")
    screen.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Declined
