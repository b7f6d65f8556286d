"""`codeact key set|forget|status`: a key is typed or piped in, and never shown or an argument."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from ..errors import SettingsError
from ..key_store import forget_key, place_of, store_key
from ..settings import KEYS, config_path, load_settings, parsed

WORDS = ("set", "forget", "status")


def manage_key(options: argparse.Namespace) -> int:
    """Do what the word says; 1 when there is no key for `status` or `forget`, else 0."""
    word, *more = options.words or ("status",)
    if word == "set" and more:
        raise SettingsError(
            "a key is never an argument: your shell and the list of processes would keep it; run "
            "`codeact key set` and type it there, or pipe it in. Make a new key if that was one"
        )
    if word not in WORDS or more:
        raise SettingsError(f"`codeact key` takes one of these words: {', '.join(WORDS)}")
    return {"set": _set, "forget": _forget, "status": _status}[word]()


def _set() -> int:
    if sys.stdin is not None and sys.stdin.isatty():
        typed = getpass.getpass("The key (it is not shown): ")
    else:
        typed = sys.stdin.readline() if sys.stdin is not None else ""
    key = parsed("api_key", typed, "the key")
    where = store_key(config_path().parent, key)
    print(f"The key is kept in {where}. `codeact key forget` takes it away.")
    return 0


def _forget() -> int:
    there = forget_key(config_path().parent)
    print("The key is forgotten here; make it invalid where you got it, too." if there else "None.")
    return 0 if there else 1


def _status() -> int:
    for name in KEYS:
        if os.environ.get(name):
            print(f"A key is used from the environment variable {name}.")
            return 0
    stored = place_of(config_path().parent)
    settings = load_settings()
    if not (settings.api_key or settings.auth_token):
        print("No key. `codeact key set` keeps one.")
        return 1
    place = stored if stored and not _in_config() else f"the config file {str(config_path())!r}"
    print(f"A key is used from {place}.")
    return 0


def _in_config() -> bool:
    from ..settings import from_file

    return bool({"api_key", "auth_token"} & from_file(config_path()).keys())
