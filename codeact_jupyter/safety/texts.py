"""What the methods of texts, and the functions that decode, give for texts that are known.

What is decoded from something unknown is Concealed: honest code has no hidden path or name in it.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress

from .values import LONGEST, Concealed, FilePath, Known, Text

# A template that makes much of little: `%9999999s`, `{:>9999999}`, `{:{}}`.
_WIDE = re.compile(r"%[-+ #0]*\d{4}|\{[^{}:]*:[^{}]*(\d{4}|\{)")
_SAME = frozenset({"strip", "rstrip", "lstrip"})
_PLAIN: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "swapcase": str.swapcase,
    "casefold": str.casefold,
}
_DECODERS: dict[str, Callable[[str], bytes]] = {
    "base64.b64decode": base64.b64decode,
    "base64.urlsafe_b64decode": base64.urlsafe_b64decode,
    "base64.standard_b64decode": base64.b64decode,
    "base64.decodebytes": lambda text: base64.decodebytes(text.encode()),
    "base64.b32decode": base64.b32decode,
    "base64.b16decode": base64.b16decode,
    "base64.b85decode": base64.b85decode,
    "base64.a85decode": base64.a85decode,
    "bytes.fromhex": bytes.fromhex,
    "bytearray.fromhex": bytes.fromhex,
    "binascii.unhexlify": binascii.unhexlify,
    "binascii.a2b_hex": binascii.unhexlify,
    "binascii.a2b_base64": binascii.a2b_base64,
}
_OPAQUE = frozenset(
    {"zlib.decompress", "gzip.decompress", "bz2.decompress", "lzma.decompress", "codecs.decode"}
)


def text_method(text: Text, method: str, arguments: Sequence[Known | None]) -> Known | None:
    """Give what a method of a text returns, as far as it can be known."""
    if any(isinstance(each, Concealed) for each in arguments):
        return Concealed()
    values = [each.value for each in arguments if isinstance(each, Text) and each.complete]
    known = text.complete and len(values) == len(arguments)
    if method in {"format", "format_map"}:
        if known and method == "format":
            _require_room(text.value, "{", values)
            with suppress(LookupError, ValueError, AttributeError):
                return Text(text.value.format(*values))
        return Text(text.value.partition("{")[0], complete=False)
    if method in _PLAIN:
        return Text(_PLAIN[method](text.value), text.complete)
    if method in _SAME:
        return Text(getattr(text.value, method)(*values[:1]), text.complete) if known else text
    if method == "replace" and known and len(values) > 1:
        if text.value.count(values[0]) * len(values[1]) > LONGEST:
            raise OverflowError("a text of many replacements")
        return Text(text.value.replace(values[0], values[1]))
    return text if method in {"encode", "decode"} else None


def joined(separator: Text, parts: Sequence[Known | None]) -> Known | None:
    """Give what `separator.join(parts)` is."""
    if any(isinstance(part, Concealed) for part in parts):
        return Concealed()
    whole = Text("")
    for number, part in enumerate(parts):
        whole = whole.plus(separator) if number else whole
        whole = whole.plus(Text(part.value, part.complete) if isinstance(part, FilePath) else part)
    return whole


def filled(text: Text, values: Sequence[Known | None]) -> Text:
    """Give what `text % values` is."""
    known = [each.value for each in values if isinstance(each, Text) and each.complete]
    if text.complete and len(known) == len(values):
        _require_room(text.value, "%", known)
        with suppress(TypeError, ValueError):
            return Text(text.value % tuple(known))
    return Text(text.value.partition("%")[0], complete=False)


def _require_room(template: str, mark: str, values: Sequence[str]) -> None:
    """Raise OverflowError when what is made of a template may be much longer than its parts."""
    most = template.count(mark) * max(map(len, values), default=0)
    if most > LONGEST or _WIDE.search(template):
        raise OverflowError("a text that may be of any width")


def decoded(function: str, arguments: Sequence[Known | None]) -> Known | None:
    """Give what a function that decodes returns; None for all other functions."""
    first = arguments[0] if arguments else None
    if function in _OPAQUE:
        return _codec(first, arguments) if function == "codecs.decode" else Concealed()
    if function not in _DECODERS:
        return None
    if isinstance(first, Text) and first.complete:
        try:
            return Text(os.fsdecode(_DECODERS[function](first.value)))
        except (ValueError, binascii.Error):
            return Concealed()
    return Concealed()


def _codec(first: Known | None, arguments: Sequence[Known | None]) -> Known:
    by = arguments[1] if len(arguments) > 1 else None
    if not (isinstance(first, Text) and isinstance(by, Text) and first.complete):
        return Concealed()
    if by.value.replace("_", "").replace("-", "").lower() != "rot13":
        return Concealed()
    return Text(codecs.decode(first.value, "rot13"))
