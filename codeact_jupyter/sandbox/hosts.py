"""The hosts that a sandbox may reach: names that the person listed, at public addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple

HTTPS = 443
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
OF_THIS_PLACE = ("localhost", "local", "internal", "localdomain", "lan", "home", "arpa", "onion")
# Public by their numbers, and ways to addresses that are not: 6to4, Teredo, NAT64, relays.
TUNNELS = tuple(
    map(
        ipaddress.ip_network,
        ("2002::/16", "2001::/23", "64:ff9b::/96", "64:ff9b:1::/48", "192.88.99.0/24"),
    )
)
OF_THE_INTERNET = ipaddress.ip_network("2000::/3")  # what is assigned of IPv6


class Host(NamedTuple):
    """A name and a port of it."""

    name: str
    port: int = HTTPS

    def __str__(self) -> str:
        return self.name if self.port == HTTPS else f"{self.name}:{self.port}"


def host_of(text: str) -> Host:
    """A host as a person writes it, `pypi.org` or `pypi.org:443`; raises ValueError for others."""
    name, colon, port = text.strip().lower().partition(":")
    name = name.removesuffix(".")
    labels = name.split(".")
    if "//" in text or "/" in text:
        raise ValueError(f"{text!r} is an address; write its host alone, such as pypi.org")
    if len(name) > 253 or not all(map(LABEL.fullmatch, labels)) or labels[-1].isdigit():
        raise ValueError(f"{text!r} is no name of a host, such as pypi.org")
    if len(labels) < 2 or labels[-1] in OF_THIS_PLACE:
        raise ValueError(f"{text!r} is not on the internet; a sandbox reaches nothing closer")
    if colon and not (port.isdecimal() and 0 < int(port) < 1 << 16):
        raise ValueError(f"{port!r} is no port of {name!r}")
    return Host(name, int(port) if colon else HTTPS)


def hosts_of(texts: Iterable[str]) -> tuple[Host, ...]:
    """These hosts; raises ValueError, naming the one that is none."""
    return tuple(dict.fromkeys(map(host_of, texts)))


def is_public(address: str) -> bool:
    """Whether an address is one of the internet, and leads nowhere else."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if found not in OF_THE_INTERNET:
            return False
    unfit = found.is_multicast or found.is_reserved or found.is_link_local or found.is_loopback
    tunnel = any(found in each for each in TUNNELS if each.version == found.version)
    return found.is_global and not unfit and not tunnel
