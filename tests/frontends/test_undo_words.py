"""What is said before an undo: what it will do, what it leaves alone, and what it never does."""

from __future__ import annotations

from codeact_jupyter.engine.undoing import Change, Gap, Undoable
from codeact_jupyter.frontends.undo_words import preview

NEVER = (
    "Never taken back: what went over the network, into databases or to other programs; files "
    "outside the working directory, and in it version control, environments and caches; owners "
    "and extended attributes of files; what libraries keep to themselves, inside their functions "
    "and in logging; what is set for one thread or task alone; signal handlers, hooks, the "
    "garbage collector, the umask and the priority of the process; the memory of a GPU; what "
    "threads and tasks that the run began do after its end."
)
CHANGES = (
    Change("variable", "new", "added", "int"),
    Change("object", "items", "changed", "list", conflict=True),
    Change("setting", "the locale", "changed"),
)


def test_all_that_an_undo_does_and_all_that_it_never_does_is_said_before_it() -> None:
    seen = Undoable(CHANGES, (Gap("other", "a lock"), Gap("gen", "generator")))
    assert preview("Undo it:", seen, {"gen"}, cells="stay").splitlines() == [
        "Undo it:",
        "  variables         removed: new (int)",
        "  changed in place  as before: items (list)",
        "  settings          as before: the locale",
        "  cells             stay",
        "Changed again since, so left alone unless you say so: items",
        "What may have been changed in these cannot be taken back:",
        "  gen: generator",
        "  other: a lock",
        NEVER,
    ]


def test_what_never_comes_back_is_not_said_of_a_redo() -> None:
    seen = Undoable(CHANGES, (Gap("gen", "generator"),), undone=True)
    assert preview("Redo it:", seen, (), cells="stay").splitlines() == [
        "Redo it:",
        "  variables         there again: new (int)",
        "  changed in place  changed again: items (list)",
        "  settings          changed again: the locale",
        "  cells             stay",
        "Changed again since, so left alone unless you say so: items",
    ]
