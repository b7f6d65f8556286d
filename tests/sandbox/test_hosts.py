"""Which names may be on the list of a sandbox, and which addresses are of the internet."""

from __future__ import annotations

import pytest

from codeact_jupyter.sandbox.hosts import Host, host_of, hosts_of, is_public


def test_a_host_is_a_name_with_a_port_or_without() -> None:
    assert host_of("PyPI.org.") == Host("pypi.org", 443) and str(host_of("pypi.org")) == "pypi.org"
    assert host_of("index.example.com:8443") == Host("index.example.com", 8443)
    assert hosts_of(["pypi.org", "pypi.org:443"]) == (Host("pypi.org"),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "127.0.0.1",
        "1.1.1.1:443",
        "[::1]",
        "::1",
        "0x7f000001",
        "2130706433",
        "https://pypi.org",
        "pypi.org/simple",
        "a.local",
        "db.internal",
        "intranet",
        "-a.org",
        "pypi.org:",
        "pypi.org:0",
        "pypi.org:99999",
        "pypi.org:https",
        "*.org",
        "a b.org",
        "127.1",
    ],
)
def test_what_is_no_host_of_the_internet_cannot_be_listed(text: str) -> None:
    with pytest.raises(ValueError, match=r" is (no|not on|an) "):
        host_of(text)


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.0.223", "2a04:4e42::223"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.2.1",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "2001:0:1::1",
        "::7f00:1",
        "x",
    ],
)
def test_any_other_address_is_not(address: str) -> None:
    assert not is_public(address)
