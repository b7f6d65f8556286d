"""A network that is nobody's else, with one public address in it: a host of the internet for tests.

Run as a process of its own in a network namespace: it serves `allowed.example`, starts a sandboxed
kernel that may reach it, and prints what came of it as JSON.
"""

from __future__ import annotations

import fcntl
import http.server
import json
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

ADDRESS, PORT = "192.31.196.1", 8443  # public by its number, and routed nowhere
NAMES = f"127.0.0.1 localhost\n{ADDRESS} allowed.example\n127.0.0.1 inward.example\n"
SET_ADDRESS, SET_FLAGS = 0x8916, 0x8914
UP = 0x49
FETCH = """
import http.client, json
def fetched(host, port):
    connection = http.client.HTTPConnection('127.0.0.1', 3128, timeout=20)
    connection.set_tunnel(host, port)
    try:
        connection.request('GET', '/')
        return connection.getresponse().read().decode()
    except OSError as error:
        return str(error)
"""


class Answers(http.server.BaseHTTPRequestHandler):
    """What the host says."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the internet")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def in_a_network(folder: Path, name: str) -> Any:
    """What a kernel of this name reaches in such a network."""
    hosts = folder / "hosts"
    hosts.write_text(NAMES)
    walls = ["bwrap", "--dev-bind", "/", "/", "--unshare-net"]
    walls += ["--cap-add", "CAP_NET_ADMIN", "--ro-bind", str(hosts), "/etc/hosts"]
    command = [sys.executable, "-m", "tests.sandbox.internet", str(folder), name]
    here = Path(__file__).parents[2]
    done = subprocess.run([*walls, *command], capture_output=True, text=True, cwd=here, timeout=100)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def main(folder: str, name: str) -> None:
    """Be the network, and print what the kernel in it reached."""
    from .kernels import running

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        there = struct.pack("16sHH4s8x", b"lo:1", socket.AF_INET, 0, socket.inet_aton(ADDRESS))
        fcntl.ioctl(control, SET_ADDRESS, there)
        fcntl.ioctl(control, SET_FLAGS, struct.pack("16sH14x", b"lo", UP))
    server = http.server.ThreadingHTTPServer(("0.0.0.0", PORT), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with running(name, Path(folder)) as kernel:
        kernel.run(FETCH)
        asked = ("allowed.example", "inward.example", "other.example")
        came = {host: kernel.value(f"fetched({host!r}, {PORT})") for host in asked}
        direct = f"__import__('socket').create_connection(({ADDRESS!r}, {PORT}), 3)"
        came["direct"] = kernel.run(direct).error
    print(json.dumps(came))


if __name__ == "__main__":
    main(*sys.argv[1:])
