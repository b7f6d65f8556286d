"""The way to the listed hosts and to no others: through a real proxy, to real servers."""

from __future__ import annotations

import asyncio
import http.client
import http.server
import json
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.errors import EnvironmentFailure
from codeact_jupyter.sandbox.hosts import Host
from codeact_jupyter.sandbox.proxying import MOST_CONNECTIONS, Proxy
from codeact_jupyter.sandbox.sockets import private_folder

from .conftest import Start
from .hosting import Host as Machine
from .internet import PORT, in_a_network
from .kernels import Kernel, write_spec

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="unix sockets"),
]
ALLOWED = "allowed.example"


class Answers(http.server.BaseHTTPRequestHandler):
    """The allowed host."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"you asked {self.headers['Host']} for {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port at which the allowed host answers."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


class Names:
    """A name server that says what a test wants, and is asked how often."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host: Host) -> list[str]:
        self.asked += 1
        await asyncio.sleep(0)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def proxy_for() -> Iterator[Callable[..., Proxy]]:
    """Starts proxies; this machine counts as on the internet unless a test says otherwise."""
    started: list[Proxy] = []
    folder = private_folder()

    def start(*hosts: Host, resolve: Any, fit: Any = lambda address: True, **more: Any) -> Proxy:
        place = folder / f"{len(started)}.sock"
        started.append(Proxy(place, hosts, resolve=resolve, fit=fit, **more))
        return started[-1]

    yield start
    for proxy in started:
        proxy.close()
    shutil.rmtree(folder)


class Pauses:
    """The pauses of a proxy, each of which ends when a test says so."""

    def __init__(self) -> None:
        self._begun, self._over = threading.Semaphore(0), threading.Semaphore(0)

    async def __call__(self, seconds: float) -> None:
        self._begun.release()
        await asyncio.to_thread(self._over.acquire, timeout=20)

    def until_begun(self) -> None:
        """Wait until the proxy makes a pause."""
        assert self._begun.acquire(timeout=20)

    def end(self) -> None:
        """End the pause that the proxy makes."""
        self._over.release()


def through(proxy: Proxy, target: str) -> socket.socket:
    """A connection to the proxy that has asked for this."""
    near = socket.socket(socket.AF_UNIX)
    near.settimeout(20)
    near.connect(str(proxy._path))
    near.sendall(f"{target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return near


def said(proxy: Proxy, target: str) -> str:
    """The first line that is answered."""
    with through(proxy, target) as near:
        return near.recv(4096).decode().partition("\r\n")[0]


def test_a_listed_host_is_reached_at_the_address_that_was_looked_at(
    proxy_for: Callable[..., Proxy], port: int
) -> None:
    names = Names(["127.0.0.1"], ["192.0.2.1"])
    proxy = proxy_for(Host(ALLOWED, port), resolve=names)
    with through(proxy, f"CONNECT {ALLOWED}:{port}") as near:
        assert near.recv(4096).startswith(b"HTTP/1.1 200")
        connection = http.client.HTTPConnection(ALLOWED)
        connection.sock = near
        connection.request("GET", "/hello")
        assert b"for /hello" in connection.getresponse().read()
    assert names.asked == 1 and proxy.refusals == ()


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("CONNECT other.example:443", "other.example is not on the list"),
        ("CONNECT allowed.example:22", "allowed.example:22 is not on the list"),
        ("CONNECT sub.allowed.example:443", "is not on the list"),
        ("CONNECT 127.0.0.1:443", "no host that the sandbox may reach"),
        ("CONNECT [::1]:443", "no host that the sandbox may reach"),
        ("CONNECT 2130706433:443", "no host that the sandbox may reach"),
        ("CONNECT localhost:443", "no host that the sandbox may reach"),
        ("GET http://allowed.example/", "only https goes out"),
        ("CONNECT", "no host that the sandbox may reach"),
    ],
)
def test_what_is_not_listed_is_refused_said_and_kept(
    proxy_for: Callable[..., Proxy], target: str, why: str
) -> None:
    names = Names(["127.0.0.1"])
    proxy = proxy_for(Host(ALLOWED), resolve=names)
    first = said(proxy, target)
    assert first.startswith("HTTP/1.1 403") and why in first
    assert any(why in each for each in proxy.refusals)
    assert names.asked == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1"])
def test_a_listed_name_that_leads_to_this_network_is_refused(
    proxy_for: Callable[..., Proxy], address: str
) -> None:
    from codeact_jupyter.sandbox.hosts import is_public

    proxy = proxy_for(Host(ALLOWED), resolve=Names(["8.8.8.8", address]), fit=is_public)
    first = said(proxy, f"CONNECT {ALLOWED}:443")
    assert first.startswith("HTTP/1.1 403") and "is not on the internet" in first
    said(proxy, f"CONNECT {ALLOWED}:443")
    assert "(2 times)" in proxy.refusals[0]


def test_a_host_that_is_away_or_unknown_is_said(proxy_for: Callable[..., Proxy]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]

    async def unknown(host: Host) -> list[str]:
        raise OSError("no such name")

    away = proxy_for(Host(ALLOWED, closed), resolve=Names(["127.0.0.1"]))
    assert "502" in said(away, f"CONNECT {ALLOWED}:{closed}")
    lost = proxy_for(Host(ALLOWED), resolve=unknown)
    assert "was not found" in said(lost, f"CONNECT {ALLOWED}:443")


def test_a_head_without_an_end_and_many_connections_have_an_end(
    proxy_for: Callable[..., Proxy],
) -> None:
    proxy = proxy_for(Host(ALLOWED), resolve=Names(["127.0.0.1"]))
    with through(proxy, "CONNECT " + "x" * 20_000) as near:
        assert near.recv(10) == b""
    held = []
    for _ in range(MOST_CONNECTIONS + 5):
        held.append(socket.socket(socket.AF_UNIX))
        held[-1].connect(str(proxy._path))
        held[-1].settimeout(20)
    assert held[-1].recv(10) == b""
    for each in held:
        each.close()


def test_a_download_goes_on_as_long_as_data_flows_and_what_is_idle_is_cut(
    proxy_for: Callable[..., Proxy],
) -> None:
    pauses = Pauses()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        proxy = proxy_for(Host(ALLOWED, port), resolve=Names(["127.0.0.1"]), pause=pauses)
        with through(proxy, f"CONNECT {ALLOWED}:{port}") as near:
            assert near.recv(4096).startswith(b"HTTP/1.1 200")
            far, _ = server.accept()
            for number in range(3):
                pauses.until_begun()
                far.sendall(bytes([number]))
                assert near.recv(10) == bytes([number])
                pauses.end()
            pauses.until_begun()
            pauses.end()
            assert near.recv(10) == b""
            far.close()


def test_a_closed_proxy_cuts_what_it_connected(proxy_for: Callable[..., Proxy], port: int) -> None:
    proxy = proxy_for(Host(ALLOWED, port), resolve=Names(["127.0.0.1"]))
    with through(proxy, f"CONNECT {ALLOWED}:{port}") as near:
        assert near.recv(4096).startswith(b"HTTP/1.1 200")
        proxy.close()
        assert near.recv(10) == b""


FETCH = """
import json, urllib.request, urllib.error
def fetched(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer: return answer.read(100).decode()
    except urllib.error.HTTPError as error: return f'{error.code} {error.reason}'
    except OSError as error: return str(error)
"""


@pytest.fixture
def walled(start: Start) -> Kernel:
    """A sandboxed kernel that may reach one host, which does not exist."""
    kernel = start(allow_hosts=["allowed.invalid"])
    assert kernel.run(FETCH).end == "ok"
    return kernel


def test_programs_in_a_sandbox_are_told_why_a_host_is_refused(walled: Kernel) -> None:
    assert "not on the list" in walled.value("fetched('https://other.example/')")
    assert "only https" in walled.value("fetched('http://allowed.invalid/')")
    assert "was not found" in walled.value("fetched('https://allowed.invalid/')")
    refused = " ".join(walled.provisioner.refusals)
    assert "other.example is not on the list" in refused and "only https" in refused


def test_a_sandbox_reaches_the_listed_host_of_an_internet_and_nothing_else(
    host: Machine, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("a network of its own, with a sandbox in it, is made by root")
    hosts = [f"{name}.example:{PORT}" for name in ("allowed", "inward")]
    name = write_spec(host.root / "jupyter", "reaching", allow_hosts=hosts)
    work = tmp_path / "work"
    work.mkdir()
    came = in_a_network(work, name)
    assert came["allowed.example"] == "the internet"
    assert "leads to 127.0.0.1, which is not on the internet" in came["inward.example"]
    assert "is not on the list" in came["other.example"]
    assert came["direct"].startswith("OSError")


def test_beside_the_proxy_there_is_no_network(walled: Kernel) -> None:
    direct = "__import__('socket').create_connection(('8.8.8.8', 443), 3)"
    assert walled.run(direct).error.startswith("OSError")
    names = "[name for _, name in __import__('socket').if_nameindex()]"
    assert walled.value(names) == ["lo"]
    walled.restart()
    walled.run(FETCH)
    assert "not on the list" in walled.value("fetched('https://other.example/')")


def test_code_that_waits_for_its_children_does_not_wait_for_the_proxy(walled: Kernel) -> None:
    code = "import os\nif os.fork() == 0: os._exit(0)\nos.wait()\ntry: os.wait()\n"
    code += "except ChildProcessError: print('none left')"
    assert walled.run(code, seconds=20).text == "none left\n"


def test_without_a_list_there_is_no_proxy(sandboxed: Kernel) -> None:
    environ = sandboxed.value("dict(__import__('os').environ)")
    assert not [name for name in environ if "proxy" in name.lower()]
    assert "hosts.sock" not in json.dumps(sandboxed.value("__import__('os').listdir('/run')"))


def test_a_kernelspec_with_what_is_no_host_starts_no_kernel(start: Start) -> None:
    with pytest.raises(EnvironmentFailure, match=r"'10.0.0.1' is no name of a host"):
        start(allow_hosts=["10.0.0.1"])
