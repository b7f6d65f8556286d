"""Starts a kernel behind walls, as Jupyter starts any: a kernel provisioner (Linux).

To Jupyter it is a local kernel: interrupt, restart and shutdown work as they do. A kernel for which
no walls can be built is not started.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict, List, Unicode

from ..errors import EnvironmentFailure
from .backends import Walls, walls
from .bubblewrap import bubblewrapped
from .confined import confined, homes_of
from .doors import HOSTS, MODEL, Doors
from .environ import HOME, clean_environ
from .environ import HOSTS as SANDBOX_HOSTS
from .hosted import import_nothing_from, model_lender, require_filter, told_to_the_person
from .hosts import Host, hosts_of
from .launching import Launch
from .limits import MIB, Bounds, bounds_of
from .proxying import Proxy
from .pythons import python_of
from .saying import Saying
from .sockets import connection_inside, listening, private_folder
from .watching import Watch, children, innermost_id
from .workspace import require_fit, secret_places

KERNEL_INSIDE = "2"  # its number in a PID namespace of its own: 1 is bubblewrap's
DYING_SECONDS = 0.5
OF_ENVELOPES = 4096  # bytes of a message beside its parts


class SandboxProvisioner(LocalProvisioner):  # type: ignore[misc,unused-ignore]
    """A kernel in a sandbox; its options are in the kernelspec that `codeact sandbox install` made.

    `walls` says what it is in, once it started, and `endings` how often the watch ended it.
    """

    backend = Unicode("auto", help="auto, bubblewrap, or landlock").tag(config=True)
    limits = Dict(help="Other limits than the usual ones, by name; sizes in MiB.").tag(config=True)
    read_only = List(Unicode(), help="More folders that may be read.").tag(config=True)
    allow_hosts = List(Unicode(), help="Hosts that may be reached by https.").tag(config=True)

    parent: Any
    process: Any = None
    walls: Walls | None = None
    endings = 0
    _ended_for = _ended_before_for = ""
    _folder: Path | None = None
    _doors: Doors | None = None
    _first: int | None = None
    _watch: Watch | None = None
    _saying: Saying | None = None

    @property
    def bounds(self) -> Bounds:
        """The limits of this kernel; raises EnvironmentFailure for what cannot be one."""
        with _of_the_kernelspec():
            return bounds_of(dict(self.limits))

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts that may be reached; raises EnvironmentFailure for what is none."""
        with _of_the_kernelspec():
            return hosts_of(self.allow_hosts)

    @property
    def reachable(self) -> tuple[str, ...]:
        """The hosts that this kernel does reach; in the weaker walls there are none."""
        return tuple(map(str, self.hosts)) if self._proxy is not None else ()

    @property
    def refusals(self) -> tuple[str, ...]:
        """Which connections were refused, and why."""
        return self._proxy.refusals if self._proxy is not None else ()

    @property
    def largest_message(self) -> int:
        """How many bytes a message of this kernel may have; who talks to it takes no larger one."""
        return self.bounds.message * MIB

    @property
    def why_ended(self) -> str:
        """Why the watch ended the kernel, if that is how it ended last; empty where it is not."""
        alive = self.process is not None and self.process.poll() is None
        return self._ended_before_for if alive else self._ended_for

    @property
    def _proxy(self) -> Proxy | None:
        door = self._doors.get(HOSTS) if self._doors is not None else None
        return door if isinstance(door, Proxy) else None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Build walls or refuse; the kernel's sockets are files that only this user can reach."""
        with told_to_the_person():
            require_filter()
            self.walls = await asyncio.to_thread(walls, self.backend)
            bounds, hosts = self.bounds, self.hosts
        manager = self.parent
        if self._folder is None:
            self._folder = private_folder()
            self._doors = Doors(self._folder)
            manager.cache_ports = False
            manager.transport, manager.ip = "ipc", str(self._folder / "k")
            _bound_messages(manager, bounds.message * MIB)
        assert self._doors is not None
        if self.walls.backend == "bubblewrap":  # in other walls no socket can be made
            self._doors.open(MODEL, model_lender(self.kernel_id or ""))
            self._doors.open(HOSTS, (lambda path: Proxy(path, hosts)) if hosts else None)
        return dict(await super().pre_launch(**kwargs))

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start it; raises EnvironmentFailure, with what was said, when the walls did not stand."""
        with told_to_the_person():
            try:
                return await self._launched(list(cmd), kwargs)
            except BaseException:
                await self.cleanup()
                raise

    async def _launched(self, command: list[str], options: dict[str, Any]) -> Any:
        sockets, words = listening(Path(self.parent.connection_file))
        inherited, information = [*sockets], None
        self._saying = saying = Saying(self.log, options.get("stderr"))
        try:
            launch = self._launch(command, options["env"], options.get("cwd"), sockets, words)
            launch.require_python()
            assert self.walls is not None
            strong = self.walls.backend == "bubblewrap"
            started = bubblewrapped(self.walls.program, launch) if strong else confined(launch)
            inherited, information = started.inherited, started.information
            options |= {"env": started.environ, "cwd": started.cwd, "pass_fds": inherited}
            options |= {"stdout": saying.descriptor, "stderr": saying.descriptor}
            told = await super().launch_kernel(started.command, independent=True, **options)
        finally:
            for descriptor in inherited:
                os.close(descriptor)
            saying.begin()
        self._ended_before_for, self._ended_for = self._ended_for, ""
        self._first = await self._first_process(information)
        self._watch = Watch(self._first, launch.workspace, launch.bounds, self._end)
        self._watch.begin()
        return told

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel and what it started; a signal to all of bubblewrap's would end it."""
        if not self.process:
            return
        if signum == signal.SIGKILL:
            await self._kill_all()
            return
        kernel = self._kernel_process()
        if kernel is None:
            if signum == signal.SIGTERM:
                await self._kill_all()
            return
        try:
            os.killpg(kernel, signum)
        except OSError:
            with suppress(OSError):
                os.kill(kernel, signum)

    async def cleanup(self, restart: bool = False) -> None:
        """Leave nothing behind: no thread, no folder."""
        if self._watch is not None:
            self._watch.stop()
        await super().cleanup(restart=restart)
        if not restart and self._folder is not None:
            if self._doors is not None:
                self._doors.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _launch(
        self,
        command: list[str],
        environ: dict[str, str],
        cwd: str | None,
        sockets: list[int],
        words: str,
    ) -> Launch:
        """What is to be started, and where; raises EnvironmentFailure for an unfit workspace."""
        assert self._folder is not None and self._doors is not None
        workspace = os.path.realpath(cwd or os.getcwd())
        secret = secret_places(self._folder)
        require_fit(workspace, secret)
        import_nothing_from(workspace)
        python = python_of(command[0], environ)
        file = Path(self.parent.connection_file)
        clean = self._environ(command[0], environ, python.user)
        told = {"CODEACT_MESSAGE": str(self.largest_message - OF_ENVELOPES)}
        return Launch(
            command,
            str(file),
            connection_inside(file, "/run/k"),
            workspace,
            python,
            {**clean, **self._doors.environ(), **told, "CODEACT_SOCKETS": words},
            self.bounds,
            sockets,
            self._folder,
            secret,
            tuple(os.path.realpath(each) for each in self.read_only),
            self._doors.sockets,
        )

    def _environ(self, python: str, environ: dict[str, str], user: str) -> dict[str, str]:
        """What the kernel gets of an environment."""
        assert self.walls is not None and self._folder is not None
        home, temporary = map(str, homes_of(self._folder))
        if self.walls.backend == "bubblewrap":  # whose files are its own, in memory
            home, temporary = HOME, "/tmp"
        also = (self.kernel_spec.env or {}).keys()
        options: Any = {"backend": self.walls.backend, "python": python, "user": user}
        clean = clean_environ(environ, **options, home=home, temporary=temporary, also=also)
        return {**clean, SANDBOX_HOSTS: " ".join(self.reachable)}

    async def _first_process(self, information: int | None) -> int:
        """The first process inside, as the host numbers it."""
        assert self.process is not None and self._saying is not None
        if information is None:
            return int(self.process.pid)
        with open(information, "rb") as told:
            raw = await asyncio.to_thread(told.read)
        try:
            return int(json.loads(raw)["child-pid"])
        except (ValueError, KeyError):
            self.process.kill()
            said = await asyncio.to_thread(self._saying.last_words)
            raise EnvironmentFailure(f"the sandbox could not be built: {said}") from None

    def _kernel_process(self) -> int | None:
        """The kernel itself, as the host numbers it."""
        assert self._first is not None
        strong = self.walls is not None and self.walls.backend == "bubblewrap"
        for process in children(self._first):
            if not strong or innermost_id(process) == KERNEL_INSIDE:
                return process
        return None

    async def _kill_all(self) -> None:
        """End all processes: with the first inside, the system ends all others."""
        if self.walls is not None and self.walls.backend == "landlock":
            self.process.terminate()  # who supervises them there ends them, and itself
            for _ in range(int(DYING_SECONDS * 100)):
                if self.process.poll() is not None:
                    return
                await asyncio.sleep(0.01)
        self._end_now()

    def _end(self, why: str) -> None:
        """End the kernel for good reason; called by the thread that watches it."""
        self.endings += 1
        self._ended_for = f"the sandbox ended it: {why}"
        self.log.warning("codeact: a sandboxed kernel was ended: %s", why)
        if self.walls is not None and self.walls.backend == "landlock":
            self.process.terminate()
        else:
            self._end_now()

    def _end_now(self) -> None:
        for process in (self._first, getattr(self.process, "pid", None)):
            if process is not None:
                with suppress(OSError):
                    os.kill(process, signal.SIGKILL)


@contextmanager
def _of_the_kernelspec() -> Iterator[None]:
    """Say whose fault a value is that cannot be used."""
    try:
        yield
    except ValueError as error:
        raise EnvironmentFailure(f"the sandbox's kernelspec cannot be used: {error}") from error


def _bound_messages(manager: Any, most_bytes: int) -> None:
    """Have the manager's sockets from now on take no message larger than this.

    Where kernels share a ZeroMQ context, this one gets a shadow of it: the others stay as they are.
    """
    import zmq

    context = manager.context
    if not manager._created_context:
        context = manager.context = type(context)(context)
    context.setsockopt(zmq.MAXMSGSIZE, most_bytes)
