"""A shell just large enough for what a run command sends: lists with `;`, `&&`, `||`, quotes, variables, comments.

A pipe may end in `base64 -d` or `cat`, and a redirection in a file with a whole path. What it does not understand
(other pipes and redirections, loops, substitutions) it refuses with dash's words for a syntax error, so that a script
that leans on it fails here rather than seeming to work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.simulator.topology.commands import PROGRAMS
from local.simulator.topology.disk import FILTERS, is_script

if TYPE_CHECKING:
    from local.simulator.resource import Json
    from local.simulator.topology.machine import Machine

SCRIPT_NAME = "/var/lib/waagent/run-command/download/{}/script.sh"
_NOT_FOUND = 127
_SYNTAX = 2
_ASSIGNMENT = re.compile(r"^([A-Za-z_]\w*)=(.*)$", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{(\w+|[?#@*])\}|(\w+|[?#@*]))")
_OPERATORS = ("&&", "||", ";", "|", ">")
_LISTS = frozenset({"&&", "||", ";"})
_KEYWORDS = frozenset(
    {"if", "then", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}", "("}
)


@dataclass(slots=True)
class Output:
    """What a script wrote to both streams and how it exited."""

    stdout: str = ""
    stderr: str = ""
    code: int = 0


class _Syntax(Exception):
    """The script cannot be read."""


class _Exit(Exception):
    """The script says it is done."""


@dataclass(slots=True)
class _Word:
    text: str
    operator: bool = False


@dataclass(slots=True)
class _Shell:
    machine: Machine
    name: str
    variables: dict[str, str]
    output: Output = field(default_factory=Output)
    stop_on_error: bool = False


def run_script(machine: Machine, lines: Iterable[str], parameters: Iterable[Json] = (), *, number: int = 0) -> Output:
    """Run a script; `parameters` are those of the run command: positional, and by name as variables."""
    given = [(str(p.get("name", "")), str(p.get("value", ""))) for p in parameters]
    variables = {name: value for name, value in given if name}
    name = SCRIPT_NAME.format(number)
    # The recorded run command passed two parameters and `$0 $1` printed the script's name and the first.
    variables |= {"0": name, "#": str(len(given)), "@": " ".join(v for _, v in given)}
    variables |= {str(at): value for at, (_, value) in enumerate(given, 1)}
    shell = _Shell(machine, name, variables)
    try:
        for at, line in enumerate("\n".join(lines).split("\n"), 1):
            _run_line(shell, line, at)
    except _Syntax as error:
        shell.output.stderr += f"{name}: {error}\n"
        shell.output.code = _SYNTAX
    except _Exit:
        pass
    return shell.output


def _run_line(shell: _Shell, line: str, at: int) -> None:
    words = _words(shell, line, at)
    command: list[_Word] = []
    joint = ";"
    for word in [*words, _Word(";", operator=True)]:
        if not word.operator or word.text not in _LISTS:
            command.append(word)
            continue
        if command:
            wanted = joint == ";" or (joint == "&&") == (shell.output.code == 0)
            if wanted:
                _run_pipeline(shell, command, at, line)
        elif word.text != ";" or joint != ";":
            raise _Syntax(f'{at}: Syntax error: "{word.text}" unexpected')
        joint, command = word.text, []


def _run_pipeline(shell: _Shell, words: list[_Word], at: int, line: str) -> None:
    """Run a command; what it prints goes on through filters, and into a file."""
    first, *rest = _segments(words)
    target = _expand(shell, rest.pop()[1][0]) if rest and rest[-1][0] == ">" and len(rest[-1][1]) == 1 else ""
    for joint, part in rest:
        if joint == ">" or not part or part[0] not in FILTERS:
            raise _too_much(joint, at, line)
    if not first[1] or (target and not target.startswith("/")):
        raise _too_much(">" if target else "|", at, line)
    printed = len(shell.output.stdout)
    _run_command(shell, first[1], at, line)
    for _, (name, *arguments) in rest:
        _filter(shell, name, [_expand(shell, word) for word in arguments], printed)
    if target:
        shell.machine.files[target] = shell.output.stdout[printed:]
        shell.output.stdout = shell.output.stdout[:printed]
    if shell.stop_on_error and shell.output.code:
        raise _Exit


def _segments(words: list[_Word]) -> list[tuple[str, list[str]]]:
    """Split a command at `|` and `>`: what stands before each part, and its words."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for word in words:
        if word.operator:
            found.append((word.text, []))
        else:
            found[-1][1].append(word.text)
    return found


def _filter(shell: _Shell, name: str, arguments: list[str], since: int) -> None:
    done = FILTERS[name](shell.output.stdout[since:], arguments)
    shell.output.stdout = shell.output.stdout[:since] + done.stdout
    shell.output.stderr += done.stderr
    shell.output.code = done.code


def _too_much(what: str, at: int, line: str) -> _Syntax:
    return _Syntax(f'{at}: Syntax error: "{what}" is more than this shell can do: {line.strip()}')


def _run_command(shell: _Shell, command: list[str], at: int, line: str) -> None:
    arguments = [_expand(shell, word) for word in command]
    arguments = [a for a in arguments if a is not None]
    while arguments and (assignment := _ASSIGNMENT.match(arguments[0])):
        shell.variables[assignment[1]] = assignment[2]
        arguments.pop(0)
        shell.output.code = 0
    if not arguments:
        return
    name, rest = arguments[0], arguments[1:]
    if name in _KEYWORDS:
        raise _too_much(name, at, line)
    if name == "exit":
        shell.output.code = int(rest[0]) if rest and rest[0].isdigit() else shell.output.code
        raise _Exit
    if name == "set" and rest and "e" in rest[0]:
        shell.stop_on_error = True
    _run_program(shell, name, rest, at)


def _run_program(shell: _Shell, name: str, arguments: list[str], at: int) -> None:
    program = PROGRAMS.get(name.rsplit("/", 1)[-1])
    if program is None and is_script(shell.machine, name):
        shell.output.code = 0
        return
    if program is None:
        shell.output.stderr += f"{shell.name}: {at}: {name}: not found\n"
        shell.output.code = _NOT_FOUND
        return
    printed = program(shell.machine, [a for a in arguments if a != "2>&1"])
    merge = "2>&1" in arguments
    shell.output.stdout += printed.stdout + (printed.stderr if merge else "")
    shell.output.stderr += "" if merge else printed.stderr
    shell.output.code = printed.code


def _words(shell: _Shell, line: str, at: int) -> list[_Word]:
    """Split a line into words and operators; single quotes hide variables (marked by a NUL)."""
    del shell
    words: list[_Word] = []
    current: str | None = None
    index = 0
    while index < len(line):
        letter = line[index]
        operator = next((o for o in _OPERATORS if line.startswith(o, index)), None)
        if letter in " \t" or operator or (letter == "#" and current is None):
            if current is not None:
                words.append(_Word(current))
                current = None
            if operator:
                words.append(_Word(operator, operator=True))
            if letter == "#":
                break
            index += len(operator) if operator else 1
            continue
        piece, index = _piece(line, index, at)
        current = (current or "") + piece
    if current is not None:
        words.append(_Word(current))
    return words


def _piece(line: str, index: int, at: int) -> tuple[str, int]:
    letter = line[index]
    if letter in "'\"":
        end = line.find(letter, index + 1)
        if end < 0:
            raise _Syntax(f"{at}: Syntax error: Unterminated quoted string")
        inside = line[index + 1 : end]
        return (inside.replace("$", "\0") if letter == "'" else inside), end + 1
    if letter == "\\" and index + 1 < len(line):
        return line[index + 1].replace("$", "\0"), index + 2
    if line.startswith("2>&1", index):
        return "2>&1", index + 4
    if letter in "|&<>`()" or line.startswith("$(", index):
        raise _too_much(letter, at, line)
    return letter, index + 1


def _expand(shell: _Shell, word: str) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return str(shell.output.code) if name == "?" else shell.variables.get(name, "")

    return _VARIABLE.sub(value, word).replace("\0", "$")
