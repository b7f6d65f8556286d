"""A model on loopback: real HTTP, a scripted mind, and a record of what it was asked.

The record's lists `requests`, `bodies`, `headers`, `arrivals` and `completions` have one entry for
each POST to /v1/messages, refused ones included, in order of arrival; `usages` one for each reply
that reached its end, `abandoned` the place of each request whose client left before.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import TracebackType

from tests.canary import KEY

from .dialects import AnthropicDialect, CompatibleDialect, Dialect, DialectName
from .exchange import Exchange
from .handler import LoopbackServer
from .prompt import Json, tokens_of_request
from .refused import Refused
from .script import Script, ScriptedTurn
from .stream import Reply

WRONG_KEY = "sk-wrong"


class LoopbackModel:
    """Serve scripted replies over the Messages API on a free port of 127.0.0.1.

        with LoopbackModel([ScriptedTurn([Text("hi")])]) as model:
            client = anthropic.Anthropic(base_url=model.url, api_key="sk-test")

    `script` gives a turn for each request, or is a function from the parsed request to a turn. An
    error it raises is answered with a 500 and raised again when the `with` block ends.
    `clock` is the clock of the prompt cache, in seconds.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        dialect: DialectName = "anthropic",
        tools: bool = True,
        counts_tokens: bool = True,
        models: Sequence[str] | None = None,
        unknown_models: Collection[str] = ("claude-unknown",),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._exchanges: list[Exchange] = []
        self.paths: list[str] = []
        self._next_turn = script if callable(script) else _from_iterator(iter(script))
        self._dialect: Dialect = (
            AnthropicDialect(clock, models)
            if dialect == "anthropic"
            else CompatibleDialect(models, tools)
        )
        self._counts_tokens = counts_tokens
        self._unknown_models = frozenset(unknown_models)
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._error: BaseException | None = None
        self._http = LoopbackServer(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> LoopbackModel:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        if self._error and error is None:
            raise self._error

    @property
    def requests(self) -> list[Json]:
        """The requests, parsed."""
        return [each.request for each in self._exchanges]

    @property
    def bodies(self) -> list[bytes]:
        """The requests, as they came."""
        return [each.body for each in self._exchanges]

    @property
    def headers(self) -> list[dict[str, str]]:
        """The headers of each request, by their names in lower case."""
        return [each.headers for each in self._exchanges]

    @property
    def arrivals(self) -> list[float]:
        """When each request had come whole, in seconds."""
        return [each.arrival for each in self._exchanges]

    @property
    def completions(self) -> list[float]:
        """When the last bytes of each reply were about to be written, in seconds; or NaN."""
        return [each.completion for each in self._exchanges]

    @property
    def usages(self) -> list[Json]:
        """What each reply cost."""
        return [each.usage for each in self._exchanges if each.usage is not None]

    @property
    def abandoned(self) -> list[int]:
        """Whose clients left before the end of their reply."""
        return [at for at, each in enumerate(self._exchanges) if each.is_abandoned]

    def forget(self) -> None:
        """Begin the record anew; what is still being answered belongs to the old one."""
        with self._changed:
            self._exchanges = []

    def wait_for_requests(self, count: int = 1, *, timeout: float = 30.0) -> bool:
        """Wait until so many requests have arrived; False when they did not come in time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._exchanges) >= count, timeout)

    def wait_for_abandoned(self, count: int = 1, *, timeout: float = 30.0) -> bool:
        """Wait until the clients of so many requests left before the end of their reply."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.abandoned) >= count, timeout)

    # What the HTTP handler calls, in its threads.

    def arrive(self, body: bytes, headers: dict[str, str]) -> Exchange:
        """Record a request as it came."""
        exchange = Exchange(_parsed(body), body, headers, time.perf_counter())
        with self._changed:
            self._exchanges.append(exchange)
            if KEY.encode() in body:
                self._error = self._error or AssertionError("the model was sent the key")
            self._changed.notify_all()
        return exchange

    def abandon(self, exchange: Exchange) -> None:
        """Record that the client left before the end of its reply."""
        with self._changed:
            exchange.is_abandoned = True
            self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Wait, but not past the end of the `with` block."""
        if seconds > 0:
            self._closing.wait(seconds)

    def new_id(self, prefix: str) -> str:
        """Number a message, request or tool call."""
        return f"{prefix}_loopback{next(self._numbers):06d}"

    def check_key(self, headers: Mapping[str, str]) -> None:
        """Refuse a wrong key, and a missing one where the documented API asks for it."""
        key = headers.get("authorization", "").removeprefix("Bearer ") or headers.get("x-api-key")
        if key == WRONG_KEY:
            raise Refused("invalid x-api-key", status=401, error_type="authentication_error")
        if not key and isinstance(self._dialect, AnthropicDialect):
            raise Refused(
                "x-api-key header is required", status=401, error_type="authentication_error"
            )

    def fail(self, error: BaseException) -> None:
        """Keep the first error of the script, or of this server, for the end of the block."""
        with self._changed:
            self._error = self._error or error

    def answer(self, exchange: Exchange) -> tuple[Reply | None, ScriptedTurn]:
        """Answer a recorded request; no reply when the turn's fault comes before the stream."""
        try:
            return self._answer(exchange.request, exchange.headers)
        except Refused:
            raise
        except Exception as error:
            self.fail(error)
            raise _mistake(f"the script raised {error!r}") from error

    def _answer(self, request: Json, headers: dict[str, str]) -> tuple[Reply | None, ScriptedTurn]:
        self.check_key(headers)
        if not request:
            raise Refused("The request body is not valid JSON")
        self._check_model(request.get("model"))
        accepted = self._dialect.check(request, headers)
        turn = self._dialect.play(accepted.request, self._turn(accepted.request))
        if turn.fault and (turn.fault.status or turn.fault.kind == "disconnect"):
            return None, turn
        opening = {
            "id": self.new_id("msg"),
            "type": "message",
            "role": "assistant",
            "model": accepted.request["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": self._dialect.charge(accepted.request),
            **accepted.reply_fields,
        }
        shows = accepted.displays_thinking
        return Reply(accepted.request, turn, opening, displays_thinking=shows), turn

    def events(self, reply: Reply) -> Iterator[tuple[str, Json]]:
        """Give the events of a reply in this server's dialect."""
        return self._dialect.reshape(reply.events())

    def count_tokens(self, body: bytes) -> Json:
        """Count the tokens of a prompt."""
        if not self._counts_tokens:
            raise Refused("Not found", status=404, error_type="not_found_error")
        request = _parsed(body)
        if not request.get("messages"):
            raise Refused("messages: Field required")
        self._check_model(request.get("model"))
        return {"input_tokens": tokens_of_request(request)}

    def list_models(self) -> Json:
        """List the models."""
        return self._dialect.model_list()

    def describe_model(self, model: str) -> Json:
        """Describe one model."""
        listed = {entry["id"]: entry for entry in self._dialect.model_list()["data"]}
        if model not in listed or model in self._unknown_models:
            raise Refused(f"model: {model}", status=404, error_type="not_found_error")
        entry: Json = listed[model]
        return entry

    def error_body(self, refused: Refused, request_id: str) -> Json:
        """Give the body of an error response in this server's dialect."""
        return self._dialect.error(refused, request_id)

    def _check_model(self, model: object) -> None:
        if model in self._unknown_models:
            raise Refused(f"model: {model}", status=404, error_type="not_found_error")

    def _turn(self, request: Json) -> ScriptedTurn:
        if request["max_tokens"] == 0:
            return ScriptedTurn()
        return self._next_turn(request)


def _from_iterator(turns: Iterator[ScriptedTurn]) -> Callable[[Json], ScriptedTurn]:
    """Read turns as a function from requests."""
    lock, taken = threading.Lock(), list[ScriptedTurn]()

    def next_turn(request: Json) -> ScriptedTurn:
        with lock:
            turn = next(turns, None)
            if turn is not None:
                taken.append(turn)
                return turn
            raise _mistake(f"the script is exhausted: it has {len(taken)} turns")

    return next_turn


def _mistake(message: str) -> Refused:
    """Tell of a mistake of the test itself, in a way no client retries."""
    headers = {"x-should-retry": "false"}
    return Refused(message, status=500, error_type="api_error", headers=headers)


def _parsed(body: bytes) -> Json:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
