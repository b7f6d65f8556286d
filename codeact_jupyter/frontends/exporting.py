"""How much of a run is exported, as the flags of `codeact export` and `%codeact export` say."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..record.shapes import Shape


def add_shape(to: argparse.ArgumentParser) -> None:
    """What the command and the magic take beside the file."""
    to.add_argument("--force", action="store_true", help="overwrite a file that exists")
    to.add_argument("--clean", action="store_true", help="only the steps that worked, no record")
    to.add_argument(
        "--minimal", action="store_true", help="only the code that the answer depends on"
    )
    to.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="NAME",
        help="with --minimal: the code of this variable, too",
    )
    to.add_argument("--no-thoughts", action="store_true", help="without the model's words between")


def shape_of(options: argparse.Namespace) -> Shape:
    """The shape that these flags ask for; raises SettingsError when they do not go together."""
    from ..errors import SettingsError
    from ..record.shapes import Kind, Shape

    if options.clean and options.minimal:
        raise SettingsError("--clean and --minimal are two shapes; choose one of them")
    kind: Kind = "clean" if options.clean else "minimal" if options.minimal else "whole"
    return Shape(kind, thoughts=not options.no_thoughts, keep=tuple(options.keep))
