"""One reader for a kernel's channels: sends requests, gives each its own messages back.

Knows Jupyter's messages and nothing of actions. A request is over when its reply came and IOPub
went idle, or, since `idle` can be lost, was quiet for a bounded time after the reply
(Jupyter messaging specification 5.4).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import EnvironmentFailure
from .exchange import QUIET_SECONDS, AskInput, Exchange, Message, OnMessage

if TYPE_CHECKING:
    from jupyter_client.asynchronous.client import AsyncKernelClient

Admit = Callable[[Message], "Message | None"]

UNHEARD_SECONDS = 5.0
ALIVE_SECONDS = 0.5
MOST_FAULTS = 10  # in a row, after which a channel counts as lost
RESTARTED = "the kernel was restarted while this ran"
DIED = "the kernel died while this ran"
LOST = (
    f"the kernel sent {MOST_FAULTS} messages in a row that cannot be read; what it had done by "
    "then is unknown: restart it"
)
GONE = (
    "the notebook's kernel was shut down or changed for another; when the notebook has its kernel, "
    "send the task again"
)
UNKNOWN = "what it had done by then is unknown, and its variables are gone"
END_OF_INPUT = "\x04"  # what ipykernel takes for the end of the input
log = logging.getLogger(__name__)


class Unanswered(EnvironmentFailure):
    """The kernel was done with a request and did not reply: an interrupt came before it began.

    ipykernel's `dispatch_shell` swallows an interrupt that comes outside the user's code.
    """


class KernelLink:
    """The channels of one kernel, read continuously from `open` to `close`.

    `on_late` is given what comes of a request of ours that is over. What comes at all passes
    `admit` first, which may change it, or drop it by giving None. `why_ended` gives what is known
    of why the kernel ended when it ended last.
    """

    def __init__(self, client: AsyncKernelClient, is_alive: Callable[[], Awaitable[bool]]) -> None:
        self.client = client
        self._is_alive = is_alive
        self._exchanges: dict[str, Exchange] = {}
        self._probes: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.incarnation = ""
        self.is_lost = False
        self.on_late: OnMessage = lambda message: None
        self.admit: Admit = lambda message: message
        self.why_ended: Callable[[], str] = str

    def open(self) -> None:
        """Begin to read; the client's channels must be started."""
        channels = (
            (self.client.get_shell_msg, self._on_reply),
            (self.client.get_iopub_msg, self._on_iopub),
            (self.client.get_stdin_msg, self._on_stdin),
        )
        self._tasks = [asyncio.ensure_future(self._read(get, take)) for get, take in channels]

    async def close(self) -> None:
        """Stop reading and close the channels."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.client.stop_channels()

    async def request(
        self,
        content: Mapping[str, Any],
        *,
        message_id: str = "",
        cell: str = "",
        on_message: OnMessage = lambda message: None,
        ask_input: AskInput | None = None,
        give_up: Awaitable[Any] | None = None,
    ) -> tuple[Message, bool]:
        """Send an `execute_request`; return its reply, and whether all its output arrived.

        Raises EnvironmentFailure when the kernel died meanwhile, and TimeoutError when `give_up`
        came true first.
        """
        message = self.client.session.msg(
            "execute_request",
            {**content, "allow_stdin": ask_input is not None},
            metadata={"cellId": cell} if cell else {},
        )
        if message_id:
            message["header"]["msg_id"] = message["msg_id"] = message_id
        exchange = self._exchanges[message["msg_id"]] = Exchange(on_message, ask_input)
        send(self.client.shell_channel, message)
        watchers: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._death()),
            asyncio.ensure_future(self._loss(exchange)),
        ]
        if give_up is not None:
            watchers.append(asyncio.ensure_future(_signalled(give_up)))
        try:
            await asyncio.wait({exchange.reply, *watchers}, return_when=asyncio.FIRST_COMPLETED)
            if not exchange.reply.done():
                await next(task for task in watchers if task.done())
            return exchange.reply.result(), await exchange.drained()
        finally:
            for task in (*watchers, *exchange.answers):
                task.cancel()
            self._exchanges.pop(message["msg_id"], None)

    def awaits_reply(self, message_id: str) -> bool:
        """Whether this request of ours goes on: its reply may come before all of its output."""
        exchange = self._exchanges.get(message_id)
        return exchange is not None and not exchange.reply.done()

    def wake(self) -> None:
        """Send the kernel something small, whose answer nobody waits for."""
        asked = self.client.session.msg("comm_info_request", {"target_name": "codeact"})
        send(self.client.shell_channel, asked)

    async def _read(self, get: Callable[[], Awaitable[Message]], take: OnMessage) -> None:
        """Pass over what cannot be read: the rest is to come, and whoever waits for it waits."""
        faults = 0
        while faults < MOST_FAULTS:
            try:
                message = self.admit(await get())
                faults = 0
                if message is not None:
                    take(message)
            except Exception as error:  # not signed, not JSON, or no message as it should be
                faults += 1
                log.warning("codeact: passed over a message of a kernel: %r", error)
                await asyncio.sleep(0)
        self._lose()

    def _lose(self) -> None:
        self.is_lost = True

    def _exchange(self, message: Message) -> Exchange | None:
        parent = message.get("parent_header") or {}
        exchange = self._exchanges.get(parent.get("msg_id", ""))
        if exchange is not None:
            exchange.last_heard, exchange.heard = time.monotonic(), True
        return exchange

    def _on_reply(self, message: Message) -> None:
        probe = self._probes.get((message.get("parent_header") or {}).get("msg_id", ""))
        if probe is not None:
            self._note_incarnation(str(message["header"].get("session") or ""))
            probe.set()
        exchange = self._exchange(message)
        if exchange is not None and not exchange.reply.done():
            if not isinstance(message["content"].get("status"), str):
                raise ValueError("a reply that does not say how it ended")
            exchange.reply.set_result(message)

    def _on_iopub(self, message: Message) -> None:
        self._note_incarnation(str(message["header"].get("session") or ""))
        exchange = self._exchange(message)
        if exchange is None:
            if (message.get("parent_header") or {}).get("session") == self.client.session.session:
                self.on_late(message)
        elif message["msg_type"] != "status":
            exchange.on_message(message)
        elif message["content"].get("execution_state") == "idle":
            exchange.idle.set()

    def _note_incarnation(self, session: str) -> None:
        """A restarted kernel keeps its name and its ports, and knows nothing of what it was asked.

        What it signs its messages with tells it from the one before.
        """
        if self.incarnation and session != self.incarnation:
            self._give_up_all()
        self.incarnation = session or self.incarnation

    def _give_up_all(self) -> None:
        """Nothing that was asked will be answered: the kernel was restarted."""
        for exchange in self._exchanges.values():
            if not exchange.reply.done():
                exchange.reply.set_exception(self._ended(RESTARTED))

    def _on_stdin(self, message: Message) -> None:
        exchange = self._exchange(message)
        if exchange is None or exchange.ask_input is None:
            self._reply_input("")
            return
        content = message["content"]
        asking = exchange.ask_input(str(content["prompt"]), bool(content.get("password")))
        exchange.answers.append(asyncio.ensure_future(self._answer(asking)))

    async def _answer(self, asking: Awaitable[str]) -> None:
        try:
            word = await asking
        except (EOFError, OSError):
            word = END_OF_INPUT
        self._reply_input(word)

    def _reply_input(self, word: str) -> None:
        reply = self.client.session.msg("input_reply", {"value": word})
        send(self.client.stdin_channel, reply)

    async def _loss(self, exchange: Exchange) -> None:
        """Raise when a kernel that answers will never reply to a request.

        It has never heard of it, as a restart can lose one; or it was done with it without a reply.
        The shell channel is in order: who answers what was asked later has replied, or never will.
        The answer also tells a kernel that was restarted without a word (ipykernel 6).
        """
        while True:
            limit = QUIET_SECONDS if exchange.idle.is_set() else UNHEARD_SECONDS
            silent = time.monotonic() - exchange.last_heard
            if silent < limit:
                await asyncio.sleep(min(limit - silent, QUIET_SECONDS))
                continue
            await self._answer_to_probe()
            await asyncio.sleep(QUIET_SECONDS)
            if exchange.idle.is_set():
                raise Unanswered("the kernel ended this without a word of what it had done")
            if not exchange.heard:
                raise EnvironmentFailure(
                    "the kernel never got this, as happens while it is restarted; it was not run"
                )
            exchange.last_heard = time.monotonic()

    async def _answer_to_probe(self) -> None:
        """Wait until the kernel is through with what it was asked so far."""
        probe = self.client.session.msg("kernel_info_request", {})
        answered = self._probes[probe["msg_id"]] = asyncio.Event()
        send(self.client.shell_channel, probe)
        try:
            await answered.wait()
        finally:
            del self._probes[probe["msg_id"]]

    async def _death(self) -> None:
        while not self.is_lost and await self._is_alive():
            await asyncio.sleep(ALIVE_SECONDS)
        raise EnvironmentFailure(LOST) if self.is_lost else self._ended(DIED)

    def _ended(self, what: str) -> EnvironmentFailure:
        why = self.why_ended()
        return EnvironmentFailure(f"{what}{f' ({why})' if why else ''}; {UNKNOWN}")


def send(channel: Any, message: Message) -> None:
    """Send a message on a channel that is being read.

    `jupyter_client` sends past the socket of asyncio, and ZeroMQ's descriptor tells each change
    once: a message that comes during the sending would stay unread, and all that follow it. To ask
    for its events makes the socket look at them again (pyzmq, `zmq.asyncio.Socket.get`).

    Raises EnvironmentFailure on a channel that was closed, because its kernel is gone.
    """
    import zmq.asyncio

    if getattr(channel, "socket", channel) is None:
        raise EnvironmentFailure(GONE)
    channel.send(message)
    socket = getattr(channel, "socket", None)
    if isinstance(socket, zmq.asyncio.Socket):
        socket.get(zmq.EVENTS)


async def _signalled(give_up: Awaitable[Any]) -> None:
    await give_up
    raise TimeoutError
