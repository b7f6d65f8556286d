"""No text of the host's keys comes out of an environment, whatever code does to show one."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.engine.environment import Late, News, Produced, Ran, Updated
from codeact_jupyter.engine.trajectory import (
    Action,
    Display,
    Error,
    NamespaceChange,
    Observation,
    Result,
    Stream,
    Variable,
)
from codeact_jupyter.environments.hiding import HIDDEN, Hiding, hidden
from codeact_jupyter.environments.kernel import KernelEnvironment
from codeact_jupyter.environments.shell import ShellEnvironment
from codeact_jupyter.safety.gate import Gate

CANARY = "sk-canary-0123456789"
SECRETS = (CANARY,)


def test_a_key_is_hidden_in_every_kind_of_output_and_news() -> None:
    bundle = {"text/plain": f"'{CANARY}'", "application/json": {"keys": [CANARY], CANARY: 1}}
    seen = Observation(
        "error",
        (
            Stream(f"a {CANARY} b {CANARY}\n"),
            Display(bundle, {"title": CANARY}),
            Result(bundle),
            Error("ValueError", CANARY, ("line", f"ValueError: {CANARY}")),
        ),
        change=NamespaceChange(added=(Variable("key", "str", detail=f"20 characters: {CANARY}"),)),
        lost=CANARY,
        updated=(Display(bundle, display_id="one"),),
    )
    news = News(ran=(Ran(f"key = '{CANARY}'", CANARY),), notes=(CANARY,))
    late = Late((Stream(CANARY),), (Display(bundle, display_id="one"),), CANARY)
    for value in (seen, news, late, Updated(Display(bundle), "one")):
        assert CANARY not in str(hidden(value, SECRETS))
    assert hidden(seen, SECRETS).outputs[0] == Stream(f"a {HIDDEN} b {HIDDEN}\n")


def test_a_long_key_is_hidden_also_where_it_was_cut() -> None:
    key = "sk-ant-api03-" + "0123456789" * 9
    text = f"103 characters: '{key[:50]}... or {key}, {key[:30]} and sk-ant-api03-"
    shown = f"103 characters: '{HIDDEN}... or {HIDDEN}, {HIDDEN} and sk-ant-api03-"
    assert hidden(text, (key,)) == shown


def test_what_holds_no_key_is_the_very_same_value() -> None:
    seen = Observation("ok", (Stream("sk-can"), Display({"text/plain": "x"}, {"a": [1, None]})))
    assert hidden(seen, SECRETS) is seen
    assert hidden(seen, ()) is seen


async def test_no_key_that_a_name_holds_is_in_what_a_policy_says(shell: InteractiveShell) -> None:
    shell.run_cell(f"key = {CANARY!r}\ndef send():\n    return {CANARY!r}").raise_error()
    environment = ShellEnvironment(shell)
    await environment.news()
    known = Hiding(environment, lambda: SECRETS).namespace()
    action = Action("import os\nos.system('echo ' + key)", "abcd1234-1-action")
    verdict = Gate("risky", None).assess(action, known)
    assert known.persons == environment.namespace().persons
    assert CANARY not in str((known, verdict)) and f"echo {HIDDEN}" in verdict.reasons[0]


async def test_a_key_that_is_written_in_pieces_is_hidden_in_the_record_and_on_the_way(
    tmp_path,
) -> None:
    kernel = await KernelEnvironment.start(workspace=tmp_path)
    told: list[Produced] = []
    slowly = (
        "import sys, time\n"
        f"for letter in 'begun {CANARY} end s':\n"
        "    print(letter, end='', flush=True)\n"
        "    time.sleep(0.02)\n"
    )
    try:
        seen = await Hiding(kernel, lambda: SECRETS).execute(
            Action(slowly, "abcd1234-1-action"), on_output=told.append
        )
    finally:
        await kernel.close()
    assert seen.outputs == (Stream(f"begun {HIDDEN} end s"),)
    texts = [each.text for each in told if isinstance(each, Stream)]
    assert len(texts) > 2 and "".join(texts) == f"begun {HIDDEN} end s"
