"""A sandbox's only way to the internet: a proxy outside, which connects to the listed hosts alone.

It takes CONNECT at a unix socket. A name is resolved here, and the connection goes to the very
address that was looked at: a name server that answers otherwise the second time gains nothing.
What is refused is kept, and said in the answer.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import EnvironmentFailure
from .hosts import Host, host_of, is_public

MOST_CONNECTIONS = 32
MOST_HEAD = 8 << 10
HEAD_SECONDS, CONNECT_SECONDS, IDLE_SECONDS = 10.0, 15.0, 300.0
CHUNK = 64 << 10
MOST_REFUSALS = 50
Resolve = Callable[[Host], Awaitable[list[str]]]
Pause = Callable[[float], Awaitable[None]]
Way = tuple[asyncio.StreamReader, asyncio.StreamWriter]
log = logging.getLogger(__name__)


async def resolved(host: Host) -> list[str]:
    """The addresses of a host, as this machine's resolver has them; raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Proxy:
    """Listens at `path`, in a thread of its own, until it is closed.

    What was connected is cut when for a whole `pause` no byte went either way.
    """

    def __init__(
        self,
        path: Path,
        hosts: Collection[Host],
        *,
        resolve: Resolve = resolved,
        fit: Callable[[str], bool] = is_public,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._path, self._hosts = path, frozenset(hosts)
        self._resolve, self._fit, self._pause = resolve, fit, pause
        self._refusals: dict[str, int] = {}
        self._open: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._ready, self._trouble = threading.Event(), ""
        self._thread = threading.Thread(target=self._run, name="codeact-proxy", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._trouble:
            raise OSError(self._trouble)

    @property
    def refusals(self) -> tuple[str, ...]:
        """What was refused and why, with how often."""
        return tuple(
            f"{why} ({times} times)" if times > 1 else why
            for why, times in list(self._refusals.items())
        )

    def close(self) -> None:
        """Listen no more, and cut what is connected."""
        with suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        try:
            server = self._loop.run_until_complete(
                asyncio.start_unix_server(self._take, str(self._path), limit=MOST_HEAD)
            )
            self._path.chmod(0o600)
        except OSError as error:
            self._trouble = f"the sandbox's proxy cannot listen at {str(self._path)!r}: {error}"
            self._loop.close()
            return
        finally:
            self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            self._loop.run_until_complete(self._cut())
            self._loop.close()

    async def _cut(self) -> None:
        """End all that is connected."""
        tasks = [*self._open]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # in which the transports close

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: Any = asyncio.current_task()
        self._open.add(task)
        try:
            if len(self._open) > MOST_CONNECTIONS:
                return
            await self._serve(reader, writer)
        except (OSError, ValueError, EOFError, asyncio.TimeoutError, TimeoutError) as error:
            log.debug("codeact: a connection of a sandbox ended: %r", error)
        finally:
            writer.close()
            self._open.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(_head(reader), HEAD_SECONDS)
        try:
            there = await asyncio.wait_for(self._connected(head), CONNECT_SECONDS)
        except (EnvironmentFailure, OSError, asyncio.TimeoutError) as refused:
            why = str(refused) or f"no answer came within {CONNECT_SECONDS:.0f} s"
            self._note(why)
            status = 403 if isinstance(refused, EnvironmentFailure) else 502
            writer.write(f"HTTP/1.1 {status} {why}\r\n".encode("ascii", "replace"))
            writer.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        try:
            await self._carry((reader, there[1]), (there[0], writer))
        finally:
            there[1].close()

    async def _carry(self, *ways: Way) -> None:
        """Carry bytes until each way has ended, or none went any way: a download sends none up."""
        moved = asyncio.Event()
        carrying = asyncio.ensure_future(_pump_all(ways, moved))
        idle = asyncio.ensure_future(self._idle(moved))
        try:
            await asyncio.wait({carrying, idle}, return_when=asyncio.FIRST_COMPLETED)
            if carrying.done():
                carrying.result()
        finally:
            carrying.cancel()
            idle.cancel()

    async def _idle(self, moved: asyncio.Event) -> None:
        """Wait until nothing moved for a whole pause."""
        while True:
            moved.clear()
            await self._pause(IDLE_SECONDS)
            if not moved.is_set():
                return

    async def _connected(self, head: str) -> Way:
        host = self._listed(head)
        try:
            addresses = await self._resolve(host)
        except OSError as error:
            raise OSError(f"the name {host.name} was not found: {error}") from None
        for address in addresses:
            if not self._fit(address):
                raise EnvironmentFailure(
                    f"{host.name} leads to {address}, which is not on the internet"
                )
        trouble: OSError | None = None
        for address in addresses:
            try:
                return await asyncio.open_connection(address, host.port)
            except OSError as error:
                trouble = error
        raise OSError(f"{host} could not be reached: {trouble}")

    def _listed(self, head: str) -> Host:
        """The host that is asked for; raises EnvironmentFailure if it is not on the list."""
        method, _, rest = head.partition(" ")
        target = rest.partition(" ")[0]
        if method != "CONNECT":
            why = (
                f"only https goes out of the sandbox, not {_shown(method[:10])} of {_shown(target)}"
            )
            raise EnvironmentFailure(why)
        try:
            name, _, port = target.rpartition(":")
            host = host_of(f"{name}:{port}")
        except ValueError:
            why = f"{_shown(target)} is no host that the sandbox may reach"
            raise EnvironmentFailure(why) from None
        if host not in self._hosts:
            why = f"{host} is not on the list of hosts that the sandbox may reach"
            raise EnvironmentFailure(why)
        return host

    def _note(self, why: str) -> None:
        log.warning("codeact: a sandbox was refused: %s", why)
        if why in self._refusals or len(self._refusals) < MOST_REFUSALS:
            self._refusals[why] = self._refusals.get(why, 0) + 1


async def _head(reader: asyncio.StreamReader) -> str:
    """The request's first line; what else its head says counts for nothing."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise ValueError(str(error)) from None
    return raw.partition(b"\r\n")[0].decode("latin-1")


async def _pump_all(ways: Collection[Way], moved: asyncio.Event) -> None:
    await asyncio.gather(*(_pump(*way, moved) for way in ways))


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, moved: asyncio.Event
) -> None:
    try:
        while data := await reader.read(CHUNK):
            moved.set()
            writer.write(data)
            await writer.drain()
    finally:
        with suppress(OSError, RuntimeError):
            writer.write_eof()


def _shown(target: str) -> str:
    """What a sandbox asked for, as it can be put into a line."""
    return "".join(each if each.isalnum() or each in ".:-[]/_" else "?" for each in target[:80])
