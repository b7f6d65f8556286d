"""Hostile cells whose end is waited for, each in a test of its own: what uses the machine up, and
what speaks by Jupyter's protocol. With `battery.py` they are the table in SECURITY.md.
"""

from __future__ import annotations

from typing import NamedTuple

from . import test_limits as limits

SAYS = "get_ipython().kernel.session.send(get_ipython().kernel.iopub_socket, {!r}, {{}})"
DAEMON = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(98765)"
IGNORES = "import signal\nfor s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\nwhile True: pass"
SHELL = "import os\nos.write(1, b'\\x1b]0;title\\x07')"
SCRIPT = "from IPython.display import Javascript, display\ndisplay(Javascript('fetch(1)'))"
MARKUP = "from IPython.display import HTML, display\ndisplay(HTML('<img src=x onerror=alert(1)>'))"
DRAWING = "from IPython.display import SVG, display\ndisplay(SVG('<svg><script>x</script></svg>'))"
POSES = "get_ipython().kernel.language_info['nbconvert_exporter'] = 'planted.Exporter'"
NONE = "get_ipython().kernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', b'unsigned'])"
NEXT = "get_ipython().set_next_input('!rm -rf ~')"


class Contained(NamedTuple):
    """One cell: the module and the test that prove what becomes of it in the sandbox."""

    module: str
    test: str
    says: str
    code: str
    sandbox: str


LIMITS, LIFE = "tests.sandbox.test_limits", "tests.sandbox.test_lifecycle"
SERVED, MESSAGES = "tests.frontends.server.test_sandboxes", "tests.sandbox.test_messages"
SHOWN = "tests.sandbox.test_showing"
CONTAINED = (
    Contained(LIMITS, "test_a_fork_bomb_is_ended_also_when_it_is_roots",
              "start processes without an end", limits.FORKS, "ended"),
    Contained(LIMITS, "test_a_process_that_asks_for_too_much_memory_is_refused_it",
              "take all memory, in one process", limits.MEMORY_OF_ONE, "refused"),
    Contained(LIMITS, "test_processes_that_use_too_much_memory_together_are_ended",
              "take all memory, in many", limits.MEMORY_OF_MANY, "ended"),
    Contained(LIMITS, "test_a_file_has_a_largest_size",
              "fill the disk with one file", limits.ONE_FILE, "refused"),
    Contained(LIMITS, "test_files_that_fill_the_disk_end_the_kernel",
              "fill the disk with many files", limits.MANY_FILES, "ended"),
    Contained(LIMITS, "test_files_in_memory_have_an_end",
              "fill /tmp and /dev/shm", limits.MEMORY_FILES, "refused"),
    Contained(LIMITS, "test_files_without_content_have_an_end_on_disk",
              "make files without an end", limits.EMPTY_FILES.format(folder=".", count=9), "ended"),
    Contained(LIMITS, "test_files_without_content_count_as_memory_where_they_are_in_memory",
              "take memory by empty files", limits.EMPTY_FILES.format(folder="/tmp", count=9),
              "ended"),
    Contained(LIMITS, "test_memory_that_counts_to_no_process_has_an_end_where_it_runs_short",
              "take memory that counts to no process", limits.HIDDEN_PAGES, "ended"),
    Contained(LIMITS, "test_seconds_of_the_processor_have_an_end",
              "compute for ever", "while True: pass", "ended"),
    Contained(LIMITS, "test_open_files_have_an_end", "open files without an end",
              "held = [open('/dev/null') for _ in range(300)]", "refused"),
    Contained(LIMITS, "test_output_without_an_end_can_be_stopped", "print without an end",
              "while True: print('x' * 1000)", "stopped"),
    Contained(LIMITS, "test_one_who_sends_it_all_the_same_is_not_heard",
              "send the server one huge message", "print('x' * 60_000_000)", "not taken"),
    Contained(LIMITS, "test_a_cell_that_ignores_interrupts_dies_at_once_when_it_is_killed",
              "ignore all interrupts", IGNORES, "killed"),
    Contained(LIMITS, "test_a_daemon_ends_with_its_kernel", "outlive its kernel", DAEMON, "ended"),
    Contained(LIMITS, "test_a_kernel_that_ends_itself_leaves_nothing_and_starts_again",
              "end its own process", "import os; os._exit(3)", "starts again"),
    Contained(LIFE, "test_what_it_writes_past_jupyter_reaches_no_terminal_and_is_read_off",
              "write into the server's terminal", SHELL, "escaped"),
    Contained(SERVED, "test_nothing_active_comes_to_a_page",
              "run JavaScript in the page", SCRIPT, "left out"),
    Contained(SHOWN, "test_no_html_acts_or_loads", "run a script by HTML", MARKUP, "cleaned"),
    Contained(SHOWN, "test_a_drawing_becomes_a_picture",
              "run a script in a drawing", DRAWING, "a picture"),
    Contained(SERVED, "test_a_kernel_cannot_speak_out_of_turn",
              "open a comm to the page", SAYS.format("comm_open"), "dropped"),
    Contained(SERVED, "test_a_kernel_cannot_speak_out_of_turn",
              "pretend to be a run of the agent", SAYS.format("codeact"), "dropped"),
    Contained(SERVED, "test_messages_that_are_none_keep_no_other_from_the_page",
              "have the server choke on messages", NONE, "dropped"),
    Contained(MESSAGES, "test_a_reply_adds_no_cell_and_runs_nothing",
              "put a cell into the notebook", NEXT, "dropped"),
    Contained(MESSAGES, "test_it_stays_python_whatever_it_says_it_is",
              "have the server import a module of its", POSES, "stays Python"),
    Contained(SERVED, "test_input_says_who_asks", "ask for a password",
              "import getpass; getpass.getpass('sudo: ')", "says who asks"),
)  # fmt: skip
