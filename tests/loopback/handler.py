"""HTTP/1.1 on loopback: one thread a connection, one write an event.

TCP_NODELAY matters: without it Nagle's algorithm meets the client's delayed acknowledgement, and
every reply takes 40 ms longer.
"""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import sys
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from .exchange import Exchange
from .prompt import Json
from .refused import Refused
from .script import Fault, ScriptedTurn
from .stream import Event, Reply, event, fold

if TYPE_CHECKING:
    from .server import LoopbackModel

LAST_CHUNK = b"0\r\n\r\n"
READING_TIME = 0.02


class LoopbackServer(ThreadingHTTPServer):
    """Listen on a free port of 127.0.0.1, and close every connection when it closes."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, model: LoopbackModel) -> None:
        self.model = model
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), Handler)

    def server_bind(self) -> None:
        """Bind without the reverse name lookup of the standard library, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then serve it in a thread."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection, then close it."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening, and wake the threads that wait for the next request of a client."""
        super().server_close()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._connections.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about clients that left; the model has recorded those that matter."""
        error = sys.exc_info()[1]
        if error and not isinstance(error, OSError):
            self.model.fail(error)


class Handler(BaseHTTPRequestHandler):
    """Carry requests to the model and its replies back, with their faults."""

    server: LoopbackServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        """Serve the models."""
        path, model = self._path(), self.server.model
        if path == "/v1/models":
            self._serve(lambda: model.list_models())
        elif path.startswith("/v1/models/"):
            self._serve(lambda: model.describe_model(path.rpartition("/")[2]))
        else:
            self._serve(_not_found)

    def do_POST(self) -> None:
        """Serve replies and token counts."""
        path, model = self._path(), self.server.model
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if path == "/v1/messages":
            self._serve_message(body)
        elif path == "/v1/messages/count_tokens":
            self._serve(lambda: model.count_tokens(body))
        else:
            self._serve(_not_found)

    def _path(self) -> str:
        path = self.path.partition("?")[0]
        self.server.model.paths.append(f"{self.command} {path}")
        return path

    def _lower_headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _serve(self, body: Callable[[], Json]) -> None:
        try:
            self.server.model.check_key(self._lower_headers())
            self._send_json(200, body())
        except Refused as refused:
            self._send_refusal(refused)

    def _serve_message(self, body: bytes) -> None:
        model = self.server.model
        exchange = model.arrive(body, self._lower_headers())
        try:
            reply, turn = model.answer(exchange)
            model.pause(turn.latency - exchange.since_arrival)
            if reply is None:
                exchange.complete()
                self._fail_before_stream(turn.fault or Fault())
            elif exchange.request.get("stream"):
                self._stream(exchange, reply, turn)
            else:
                self._send_whole(exchange, reply, turn)
        except Refused as refused:
            exchange.complete()
            self._send_refusal(refused)
        except OSError:
            self.close_connection = True
            model.abandon(exchange)

    def _send_whole(self, exchange: Exchange, reply: Reply, turn: ScriptedTurn) -> None:
        """Send a reply as one message; a fault in its stream drops the connection."""
        model = self.server.model
        if turn.fault and turn.fault.kind != "stall":
            exchange.complete()
            self.close_connection = True
            return
        events = list(model.events(reply))
        model.pause(turn.delay * len(events) + (turn.fault.seconds if turn.fault else 0))
        exchange.bill(reply.usage)
        exchange.complete()
        self._send_json(200, fold(events))

    def _stream(self, exchange: Exchange, reply: Reply, turn: ScriptedTurn) -> None:
        model, fault = self.server.model, turn.fault
        self._start_stream()
        for number, (kind, data) in enumerate(model.events(reply)):
            if fault and fault.after == number and self._fail_in_stream(exchange, fault):
                return
            if kind == "message_delta":
                exchange.bill(reply.usage)
            if kind == "message_stop":
                exchange.complete()
            self._send_event((kind, data), LAST_CHUNK if kind == "message_stop" else b"")
            model.pause(turn.delay)

    def _start_stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("cache-control", "no-cache")
        self.send_header("request-id", self.server.model.new_id("req"))
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.flush()

    def _send_event(self, event_sent: Event, tail: bytes = b"") -> None:
        kind, data = event_sent
        raw = f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n%s" % (len(raw), raw, tail))
        self.wfile.flush()

    def _fail_in_stream(self, exchange: Exchange, fault: Fault) -> bool:
        """Break the stream; False when it goes on."""
        model = self.server.model
        if fault.kind == "stall":
            model.pause(fault.seconds)
            return False
        exchange.complete()
        self.close_connection = True
        if fault.kind == "error":
            error = {"type": fault.error_type, "message": fault.message}
            self._send_event(event("error", error=error), LAST_CHUNK)
        elif fault.kind == "eof":
            self.wfile.write(LAST_CHUNK)
        elif fault.kind == "reset":
            self._reset()
        return True

    def _reset(self) -> None:
        """Close with RST, once the client has had time to read what was sent before."""
        self.server.model.pause(READING_TIME)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _fail_before_stream(self, fault: Fault) -> None:
        if fault.status is None:
            self.close_connection = True
        elif fault.body is not None:
            headers = {"content-type": fault.content_type, **fault.headers}
            self._send(fault.status, fault.body, headers)
        else:
            self._send_refusal(
                Refused(
                    fault.message,
                    status=fault.status,
                    error_type=fault.error_type,
                    headers=fault.headers,
                )
            )

    def _send_refusal(self, refused: Refused) -> None:
        request_id = self.server.model.new_id("req")
        body = self.server.model.error_body(refused, request_id)
        self._send_json(refused.status, body, {"request-id": request_id, **refused.headers})

    def _send_json(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        merged = {"request-id": self.server.model.new_id("req"), **(headers or {})}
        raw = json.dumps(body, ensure_ascii=False).encode()
        self._send(status, raw, {"content-type": "application/json", **merged})

    def _send(self, status: int, raw: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)
        self.wfile.flush()


def _not_found() -> Json:
    raise Refused("Not found", status=404, error_type="not_found_error")
