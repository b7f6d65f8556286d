"""What the SDK raises -> ModelError with the way on, and whether asking again makes sense.

The table is the one of the SDK's behaviour over real HTTP: failures after the first byte come as
`httpx2` errors, and an error event inside a stream as an APIStatusError of status 200.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from time import time

import anthropic
import httpx2

from ..errors import ModelError, ModelFault

PASSING = {
    "api_error": "server",
    "overloaded_error": "overloaded",
    "rate_limit_error": "rate",
    "timeout_error": "server",
}
KEY_ADVICE = (
    "Set ANTHROPIC_API_KEY, or `api_key` in the config file that `codeact doctor` names, to a "
    "valid key; or keep one with `codeact key set`."
)


def model_error(error: Exception, *, model: str, url: str) -> ModelError:
    """The ModelError for an exception of a query; never holds a key."""
    if isinstance(error, ModelError):
        return error
    if isinstance(error, anthropic.APIStatusError):
        return _status(error, model, url)
    if isinstance(error, anthropic.APITimeoutError):
        return _passing(f"{url} did not answer in time.", "connection")
    if isinstance(error, anthropic.APIConnectionError):
        return _connection(error, url)
    if isinstance(error, httpx2.TimeoutException):
        return _passing(f"{url} went silent in the middle of its answer.", "stream")
    if isinstance(error, (httpx2.HTTPError, ValueError, anthropic.APIError)):
        detail = _short(str(error)) or type(error).__name__
        return _passing(f"The answer of {url} broke off ({detail}).", "stream")
    if isinstance(error, TypeError) and "authentication" in str(error):
        return ModelError(f"No credentials for {url}. {KEY_ADVICE}", fault="authentication")
    text = f"{url} sent an answer that is none of the Messages API ({error!r})."
    return ModelError(_short(text), fault="server")


def _status(error: anthropic.APIStatusError, model: str, url: str) -> ModelError:
    status, kind = error.status_code, _kind(error)
    said = _short(_message(error))
    if status in (401, 403) or kind in ("authentication_error", "permission_error"):
        text = f"{url} refused the key ({status}: {said}). {KEY_ADVICE}"
        return ModelError(text, fault="authentication")
    if status == 404 or kind == "not_found_error":
        text = f"{url} knows no model {model!r}, or is no Messages API ({status}: {said})."
        text += " Choose another model with --model, or check the address."
        return ModelError(text, fault="unknown-model")
    if status == 413 or _is_too_long(said):
        text = f"The conversation is too long for {model!r} ({said}). Start a new one."
        return ModelError(text, fault="context")
    headers = error.response.headers
    wish = headers.get("x-should-retry")
    if passing := PASSING.get(kind) or _passing_status(status) or ("server" * (wish == "true")):
        text = f"{url} is {_busy(passing)} ({status if status != 200 else kind}: {said})."
        if wish != "false":
            return _passing(text, passing, _retry_after(headers))
        return ModelError(f"{text} It asks not to try again.", fault=_fault(passing))
    if status == 400 and "tool" in said and "support" in said:
        said += '; set `profile = "fenced"` for models without tool calling'
    return ModelError(f"{url} did not accept the request ({status}: {said}).", fault="request")


def _connection(error: anthropic.APIConnectionError, url: str) -> ModelError:
    cause = str(error.__cause__ or error)
    if "CERTIFICATE" in cause.upper():
        return ModelError(f"The certificate of {url} is not trusted: {cause}", fault="connection")
    advice = "Check the network, the proxy settings and the address."
    return _passing(f"Could not connect to {url} ({_short(cause)}). {advice}", "connection")


def _passing(text: str, fault: str, retry_after: float | None = None) -> ModelError:
    return ModelError(text, fault=_fault(fault), retryable=True, retry_after=retry_after)


def _fault(fault: str) -> ModelFault:
    return fault  # type: ignore[return-value]


def _passing_status(status: int) -> str:
    if status == 429:
        return "rate"
    if status == 529:
        return "overloaded"
    return "server" if status in (408, 409) or status >= 500 else ""


def _busy(fault: str) -> str:
    return {"rate": "limiting our rate", "overloaded": "overloaded"}.get(fault, "failing")


def _kind(error: anthropic.APIStatusError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    inner = body.get("error")
    return str(inner.get("type", "")) if isinstance(inner, dict) else str(error.type or "")


def _message(error: anthropic.APIStatusError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    inner = body.get("error")
    if isinstance(inner, dict) and inner.get("message"):
        return str(inner["message"])
    return str(error.message)


def _is_too_long(said: str) -> bool:
    return bool(re.search(r"prompt is too long|exceed_context|context (size|length|window)", said))


def _short(text: str) -> str:
    """One line of at most 300 characters, without the tags of an HTML error page."""
    text = re.sub(r"<(style|script)[\s\S]*?</\1>|<[^>]{0,200}>", " ", text)
    text = " ".join(text.split())
    return text if len(text) <= 300 else text[:299] + "…"


def _retry_after(headers: httpx2.Headers) -> float | None:
    """The server's wish in seconds, from `retry-after-ms` or `retry-after` (number or date)."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return float(milliseconds) / 1000
        wish = headers.get("retry-after")
        if not wish:
            return None
        return float(wish) if wish.replace(".", "").isdigit() else _until(wish)
    except (TypeError, ValueError):
        return None


def _until(date: str) -> float:
    return max(0.0, parsedate_to_datetime(date).timestamp() - time())
