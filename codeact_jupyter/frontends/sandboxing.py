"""`codeact sandbox`: installs the sandboxed kernel, removes it, and says what it is here.

And what `codeact run --sandbox` needs of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import EnvironmentFailure, SettingsError
from ..sandbox import kernelspec
from ..sandbox.hosts import hosts_of
from ..sandbox.limits import Bounds, bounds_of

if TYPE_CHECKING:
    from ..environments.kernel import KernelEnvironment
    from ..sandbox.backends import Walls

SANDBOX_WORDS = """\
A sandboxed kernel has no network but the hosts that you allow, sees no file of
yours but its workspace, and writes nowhere else; SECURITY.md says what it
promises. It needs Linux and, for the strong walls, bubblewrap."""
ACTIONS = ("install", "uninstall", "status")
TOLD = (
    "This kernel is a sandbox: {network}, sees none of the person's files but the working "
    "directory, and can write only there and in /tmp. Dot folders such as .git are read-only, "
    "links cannot be made. {packages}"
)
NO_PACKAGES = "Packages cannot be installed; work with what is there."
PACKAGES = (
    "Packages can be installed only where an index is among these hosts, and only into a folder: "
    "pip install --target /tmp/packages NAME."
)


def add_sandbox(to: argparse.ArgumentParser) -> None:
    """Add the arguments of `codeact sandbox`."""
    to.add_argument("action", choices=ACTIONS, help="what to do")
    to.add_argument("--user", action="store_true", help="install for all environments of yours")
    to.add_argument("--read-only", action="append", metavar="DIR", help="one more readable folder")
    to.add_argument(
        "--allow-host",
        action="append",
        metavar="HOST[:PORT]",
        help="a host that may be reached by https, such as pypi.org (default: none)",
    )
    to.add_argument(
        "--limit",
        action="append",
        metavar="NAME=N",
        help=f"of: {', '.join(vars(Bounds()))}; sizes are in MiB",
    )


def told_of_walls(hosts: Sequence[str] = ()) -> str:
    """What a model is told of a sandbox in which these hosts can be reached."""
    if not hosts:
        return TOLD.format(network="it has no network", packages=NO_PACKAGES)
    network = f"of the network it reaches by https, through a proxy, {', '.join(hosts)} alone"
    return TOLD.format(network=network, packages=PACKAGES)


def run_sandbox(options: argparse.Namespace) -> int:
    """Do what these options say; returns the exit code."""
    if options.action == "install":
        return _install(options)
    return _uninstall() if options.action == "uninstall" else _status()


def sandbox_kernel(other: str | None = None) -> str:
    """The name of the sandboxed kernel.

    Raises SettingsError when it is not installed, or another kernel was named too.
    """
    if other not in (None, kernelspec.NAME):
        raise SettingsError(f"--sandbox and --kernel {other!r} exclude each other; leave one out")
    if kernelspec.installed() is None:
        raise SettingsError("the sandboxed kernel is not installed; run: codeact sandbox install")
    return kernelspec.NAME


def walls_of(environment: object) -> Walls | None:
    """The walls around the kernel of this environment; None where there are none."""
    provisioner = getattr(environment, "provisioner", None)
    walls: Walls | None = getattr(provisioner, "walls", None)
    return walls


def introduce_sandbox(environment: KernelEnvironment, say: Callable[[str], None]) -> None:
    """Have the model told of the walls around this kernel, and `say` so to the person.

    What the kernel sends is made harmless. For a kernel without walls nothing of this is done.
    """
    walls = walls_of(environment)
    if walls is not None:
        provisioner = environment.provisioner
        from ..sandbox.messages import harmless_message

        environment.screen(harmless_message)
        environment.note(told_of_walls(provisioner.reachable))
        lacking = f", {walls.lacking}" if walls.lacking else ""
        network = f"; it reaches {', '.join(provisioner.reachable) or 'no host'}"
        say(f"The code runs in a sandbox ({walls.backend}){lacking}{network}.")


def tell_refusals(environment: object, say: Callable[[str], None]) -> None:
    """`say` which connections the sandbox was refused."""
    refusals = getattr(getattr(environment, "provisioner", None), "refusals", ())
    if refusals:
        say("\n".join(["Refused by the sandbox's proxy:", *(f"  {each}" for each in refusals)]))


def _install(options: argparse.Namespace) -> int:
    from ..sandbox.backends import walls

    config: dict[str, Any] = {}
    if limits := _limits(options.limit or ()):
        config["limits"] = limits
    if options.read_only:
        config["read_only"] = options.read_only
    if hosts := _hosts(options.allow_host or ()):
        config["allow_hosts"] = hosts
    found = walls()
    folder = kernelspec.install(config, user=options.user)
    print(f"{kernelspec.DISPLAY_NAME!r} is installed: {folder}")
    print(f"Its walls: {found.backend}{f', {found.lacking}' if found.lacking else ''}.")
    print(f"Hosts that it may reach: {', '.join(hosts) or 'none'}.")
    print("Choose it as a notebook's kernel, or use it with: codeact run --sandbox")
    return 0


def _uninstall() -> int:
    folder = kernelspec.uninstall()
    print(f"Removed {folder}." if folder else "The sandboxed kernel was not installed.")
    return 0


def _status() -> int:
    from ..sandbox.backends import walls

    found = kernelspec.installed()
    where = str(found[0]) if found else "not installed; run: codeact sandbox install"
    print(f"kernel   {where}")
    try:
        stands = walls(str(found[1].get("backend", "auto")) if found else "auto")
    except EnvironmentFailure as error:
        print(f"walls    none: {error}")
        return 1
    print(f"walls    {stands.backend}{f': {stands.lacking}' if stands.lacking else ''}")
    given = found[1] if found else {}
    print(f"hosts    {', '.join(given.get('allow_hosts') or ()) or 'none'}")
    bounds = bounds_of(dict(given.get("limits") or {}))
    print("limits   " + ", ".join(f"{name} {value}" for name, value in vars(bounds).items()))
    return 0 if found else 1


def _hosts(given: Sequence[str]) -> list[str]:
    try:
        return [str(host) for host in hosts_of(given)]
    except ValueError as error:
        raise SettingsError(f"--allow-host cannot be used: {error}") from None


def _limits(given: Any) -> dict[str, int]:
    limits: dict[str, Any] = {}
    for each in given:
        name, _, number = each.partition("=")
        limits[name] = int(number) if number.isdigit() else number
    try:
        bounds_of(limits)
    except ValueError as error:
        raise SettingsError(f"--limit {' '.join(given)!r} cannot be used: {error}") from None
    return limits
