"""Signs the end of a chain with the secret with which Jupyter signs the notebooks that it trusts.

The secret is the user's own file and never leaves it. What it proves: that a program of this user
wrote the end, and so all before it. Code that runs as this user could do the same.
"""

from __future__ import annotations

import hashlib
import hmac
from contextlib import suppress
from pathlib import Path

from ..notebook.chain import Sign

FINGERPRINT = 16


class Key:
    """A secret to sign with; `name` tells it from another without giving it away."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.name = hashlib.sha256(b"codeact key name\n" + secret).hexdigest()[:FINGERPRINT]

    def sign(self, words: str) -> dict[str, str]:
        """The signature of these words, and the key's name."""
        return {"key": self.name, "signature": self._signature(words)}

    def holds(self, words: str, signature: str) -> bool:
        """Whether this key made the signature of these words."""
        return hmac.compare_digest(self._signature(words).encode(), signature.encode())

    def _signature(self, words: str) -> str:
        said = words.encode("utf-8", "backslashreplace")
        return hmac.new(self._secret, b"codeact signature\n" + said, "sha256").hexdigest()


def own_key(*, make: bool = False) -> Key | None:
    """The user's key; None when there is none, or it cannot be read. `make` makes a missing one."""
    from jupyter_core.paths import jupyter_data_dir

    folder = Path(jupyter_data_dir())
    with suppress(OSError):
        if make and not (folder / "notebook_secret").exists():
            from nbformat.sign import MemorySignatureStore, NotebookNotary

            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            notary = NotebookNotary(data_dir=str(folder), store_factory=MemorySignatureStore)
            return Key(notary.secret)
        if secret := (folder / "notebook_secret").read_bytes():
            return Key(secret)
    return None


def own_signature() -> Sign:
    """What signs with the user's key, which is looked for when it is needed the first time."""
    keys: list[Key | None] = []

    def sign(words: str) -> dict[str, str]:
        if not keys:
            keys.append(own_key(make=True))
        return keys[0].sign(words) if keys[0] is not None else {}

    return sign
