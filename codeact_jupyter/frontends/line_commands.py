"""What `%codeact` and a word do in one shell; the table at the end has them all."""

from __future__ import annotations

import argparse
import shlex
import textwrap
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..engine.trajectory import Turn
from ..errors import SettingsError
from ..settings import Settings, parsed
from .line_approvals import approvals, lent, protect, unprotect
from .magic_flags import CELL, RUN_HELP, MagicFlags
from .words import counted, money

if TYPE_CHECKING:
    from .conversation import Conversation
from .exporting import add_shape, shape_of

EXPORT = "%codeact export"
VERIFY = "%codeact verify"
MODEL = "%codeact model"
HELP_WORDS = ("help", "--help", "-h", "")
USAGE_WIDTH, LINE_WIDTH = 26, 79


class LineCommand(NamedTuple):
    """A word after `%codeact`: how it is written, what it says of itself, and what it does.

    `run` gets the rest of the line.
    """

    usage: str
    says: str
    run: Callable[[Conversation, str], None]


def run_line(conversation: Conversation, line: str) -> None:
    """Do what a line of `%codeact` says. Raises SettingsError for what cannot be done."""
    word, _, rest = line.strip().partition(" ")
    if word in HELP_WORDS:
        print(help_text())
        return
    if word not in LINE_COMMANDS:
        raise SettingsError(_unknown(word))
    conversation.require_no_run()
    LINE_COMMANDS[word].run(conversation, rest.strip())


def help_text() -> str:
    """All that can be written, a line each."""
    return "\n".join([RUN_HELP, "", *map(_row, LINE_COMMANDS.values()), _row(HELP)])


def _row(command: LineCommand) -> str:
    indent = " " * USAGE_WIDTH
    usage = f"{command.usage:<{USAGE_WIDTH - 1}} "
    words = " ".join(command.says.split())
    return textwrap.fill(words, LINE_WIDTH, initial_indent=usage, subsequent_indent=indent)


def _fork(conversation: Conversation, rest: str) -> None:
    from .magic_rebuild import fork_here

    fork_here(conversation, rest)


def _rebuild_alone(conversation: Conversation, rest: str) -> None:
    raise SettingsError(
        "%codeact rebuild runs cells, so it must be the only line of its cell, and IPython must "
        "await its cells: run `%autoawait asyncio` once, which is the default"
    )


def _new(conversation: Conversation, rest: str) -> None:
    _nothing_more("new", rest)
    conversation.new()
    print("A new conversation: the agent starts without the old one. Variables stay.")


def _nothing_more(word: str, rest: str) -> None:
    if rest:
        raise SettingsError(f"%codeact {word} takes nothing, not {rest!r}")


def _status(conversation: Conversation, rest: str) -> None:
    _nothing_more("status", rest)
    conversation.recover()
    turns, session = conversation.trajectory.turns, conversation.session
    if not turns:
        print("No run yet. Write %%codeact and below it a task.")
        return
    for number, turn in enumerate(turns, 1):
        task = " ".join(turn.task.split())[:70]
        print(f"{number}. {turn.state:<11} {counted(len(turn.steps), 'step'):<8} {task}")
    print(_facts(turns, session.settings if session else conversation.settings({})))


def _facts(turns: Sequence[Turn], settings: Settings) -> str:
    costs = [turn.cost for turn in turns]
    known = [cost for cost in costs if cost is not None]
    total = sum(known[1:], known[0]) if known and len(known) == len(costs) else None
    steps = sum(len(turn.steps) for turn in turns)
    tokens = sum(turn.usage.total for turn in turns)
    seconds = sum(turn.seconds for turn in turns)
    words = f"in all: {counted(steps, 'step')} · {tokens:,} tokens · {money(total)}"
    return f"{words} · {seconds:.1f} s · {settings.model}"


def _load(conversation: Conversation, rest: str) -> None:
    if not (name := _unquoted(rest)):
        raise SettingsError(f"%codeact load needs a notebook with a run in it, not {rest!r}")
    conversation.load(Path(name).expanduser())


def _export(conversation: Conversation, rest: str) -> None:
    from ..record.export import export_trajectory

    options = _exported(rest)
    session = conversation.session
    if session is None or not session.trajectory.turns:
        raise SettingsError("there is nothing to export: no run yet in this kernel")
    target, shape = Path(options.file).expanduser(), shape_of(options)
    print(export_trajectory(session.trajectory, target, shape=shape, replace=options.force))


def _verify(conversation: Conversation, rest: str) -> None:
    from .verifying import verify_words

    flags = MagicFlags(prog=VERIFY, add_help=False, allow_abbrev=False)
    flags.add_argument("file", nargs="?")
    options, unknown = _parsed(flags, rest)
    if not options.file or unknown:
        raise SettingsError(
            f"{VERIFY} takes one saved notebook; put a name with blanks in quotes: {rest!r}"
        )
    print(verify_words(Path(options.file).expanduser())[0])


def _exported(line: str) -> argparse.Namespace:
    """What a line of `%codeact export` says: the file, its shape, whether to overwrite one."""
    flags = MagicFlags(prog=EXPORT, add_help=False, allow_abbrev=False)
    flags.add_argument("file", nargs="?")
    add_shape(flags)
    options, unknown = _parsed(flags, line)
    if not options.file:
        raise SettingsError(f"{EXPORT} needs a file: .ipynb, .py, .md, .html or .jsonl")
    if unknown:
        word = f"{unknown[0]!r}; put a name with blanks in quotes"
        raise SettingsError(f"{EXPORT} takes one file and its flags, not also {word}")
    return options


def _unquoted(rest: str) -> str:
    """A name as it was meant: the rest of a line, without the quotes around it."""
    quoted = len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "\"'"
    return rest[1:-1].strip() if quoted else rest


def _parsed(flags: MagicFlags, line: str) -> tuple[argparse.Namespace, list[str]]:
    """A line as these flags have it, and the words that they do not know."""
    try:
        return flags.parse_known_args(shlex.split(line))
    except ValueError as error:
        raise SettingsError(f"{flags.prog}: {error}: {line!r}") from None


def _model(conversation: Conversation, rest: str) -> None:
    if not rest:
        print(_which_model(conversation))
        return
    wanted = _unquoted(rest)
    if wanted == rest and len(rest.split()) > 1:
        raise SettingsError(f"%codeact model takes one name, not {rest!r}; see `%codeact model`")
    name = parsed("model", wanted, MODEL)
    conversation.use_model(name)
    print(f"From now on: {name}")


def _which_model(conversation: Conversation) -> str:
    settings, session = conversation.settings({}), conversation.session
    source = "" if "model" in settings.given else ", which is the default"
    words = f"The model is {settings.model}{source}."
    turns = session.trajectory.turns if session else ()
    last = next((reply.model for turn in reversed(turns) for reply in turn.replies), None)
    if last not in (None, settings.model):
        words += f" The last run used {last}."
    return (
        f"{words}\n`%codeact model NAME` takes another from now on;"
        f"\n`{CELL} --model NAME` takes one for that task."
    )


def _undo(conversation: Conversation, rest: str) -> None:
    from .undo_lines import undo

    undo(conversation, rest)


def _redo(conversation: Conversation, rest: str) -> None:
    from .undo_lines import redo

    redo(conversation, rest)


def _files(conversation: Conversation, rest: str) -> None:
    from .line_files import files

    files(conversation, rest)


def _unknown(word: str) -> str:
    """What to say of a word that is no command: the nearest one, and where a task is written."""
    known = sorted((*LINE_COMMANDS, "help"))
    near = get_close_matches(word, known, n=1, cutoff=0.7)
    meant = f"did you mean `%codeact {near[0]}`?" if near else f"it knows {', '.join(known)}."
    return f"%codeact knows no {word!r}; {meant} A task is written below `{CELL}`."


LINE_COMMANDS = {
    "new": LineCommand("%codeact new", "begin a new conversation; your variables stay", _new),
    "status": LineCommand(
        "%codeact status", "the conversation so far: steps, tokens, cost", _status
    ),
    "load": LineCommand(
        "%codeact load FILE", "go on with the conversation of that notebook, in this kernel", _load
    ),
    "export": LineCommand(
        "%codeact export FILE",
        "write it as .ipynb, .py, .md, .html or .jsonl; --clean: only what worked; "
        "--minimal: only what the answer, and each --keep NAME, needs; --no-thoughts; "
        "--force overwrites a file",
        _export,
    ),
    "rebuild": LineCommand(
        "%codeact rebuild [FILE]",
        "run again what the conversation and you ran, in a kernel that is new; "
        "--without-own-cells, --allow KIND for effects that would ask",
        _rebuild_alone,
    ),
    "fork": LineCommand(
        "%codeact fork STEP [OUT]",
        "write the conversation up to a step (2.3) as a notebook of its own, to go on there",
        _fork,
    ),
    "verify": LineCommand(
        "%codeact verify FILE",
        "check that the runs in a saved notebook are as they were recorded",
        _verify,
    ),
    "model": LineCommand(
        "%codeact model [NAME]",
        "say which model is used, or use this one from now on (`demo` needs no key)",
        _model,
    ),
    "protect": LineCommand(
        "%codeact protect NAME",
        "lock variables or functions of yours: the agent asks "
        "before it overwrites, changes or runs them",
        protect,
    ),
    "unprotect": LineCommand("%codeact unprotect NAME", "lock them no more", unprotect),
    "approvals": LineCommand(
        "%codeact approvals",
        "what you allowed and locked for good; "
        "`--forget NAME` takes a kind, a name, a notebook or all back",
        approvals,
    ),
    "lent": LineCommand(
        "%codeact lent",
        "what the Jupyter Server lends to this kernel's magics; `--return` gives it back",
        lent,
    ),
    "undo": LineCommand(
        "%codeact undo [RUN|STEP]",
        "take back what the last run changed, or all since a run or a step (2.3); it asks first. "
        "--yes: do not ask; --all: also what you changed since",
        _undo,
    ),
    "redo": LineCommand(
        "%codeact redo", "bring back what was undone last; --yes and --all as for undo", _redo
    ),
    "files": LineCommand(
        "%codeact files",
        "what the last run changed on disk, with differences; --restore PATH ... or "
        "--restore-all puts files back, --overwrite also what was changed again since",
        _files,
    ),
}
HELP = LineCommand("%codeact help", "this text", lambda conversation, rest: print(help_text()))
