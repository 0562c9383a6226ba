"""Which machines may be asked, and that no other one is."""

from __future__ import annotations

import socket

import pytest

from pipeline.collect.addresses import MAX_ADDRESSES, NotFound, Refused, is_public, resolve, vetted

PRIVATE = {
    "loopback": "127.0.0.1",
    "loopback, far end": "127.255.255.254",
    "home network": "192.168.1.1",
    "office network": "10.0.0.8",
    "carrier's network": "100.64.0.1",
    "cloud metadata": "169.254.169.254",
    "this host": "0.0.0.0",
    "multicast": "224.0.0.251",
    "broadcast": "255.255.255.255",
    "reserved": "240.0.0.1",
    "documentation": "192.0.2.1",
    "benchmarks": "198.18.0.1",
    "6to4 relay": "192.88.99.1",
    "protocol assignments": "192.0.0.8",
    "v6 loopback": "::1",
    "v6 unspecified": "::",
    "v6 link": "fe80::1",
    "v6 link with a zone": "fe80::1%eth0",
    "v6 unique local": "fc00::1",
    "v6 site local": "fec0::1",
    "v6 multicast": "ff0e::1",
    "v6 documentation": "2001:db8::1",
    "v6 new documentation": "3fff::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped public": "::ffff:93.184.216.34",
    "compatible loopback": "::127.0.0.1",
    "NAT64": "64:ff9b::7f00:1",
    "local NAT64": "64:ff9b:1::1",
    "6to4": "2002:7f00:1::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "no address": "practice.example",
}


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE.keys())
def test_what_is_not_the_open_internet_is_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450::5"])
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    with pytest.raises(Refused, match="allow_private = true") as refused:
        vetted("blog.example.org", 80, look_up=lambda *_: ("93.184.216.34", "10.0.0.1"))
    assert "10.0.0.1" in str(refused.value)


def test_all_public_addresses_are_given_in_order_but_not_without_end() -> None:
    many = tuple(f"93.184.216.{number}" for number in range(1, 9))
    assert vetted("blog.example.org", 80, look_up=lambda *_: many) == many[:MAX_ADDRESSES]


def test_a_private_address_is_taken_where_it_is_allowed() -> None:
    found = vetted("blog.example.org", 80, allow_private=True, look_up=lambda *_: ("127.0.0.1",))
    assert found == ("127.0.0.1",)


def test_a_host_without_an_address_is_not_found() -> None:
    with pytest.raises(NotFound):
        vetted("blog.example.org", 80, look_up=lambda *_: ())


@pytest.mark.parametrize("written", ["127.0.0.1", "127.1", "2130706433", "0x7f000001"])
def test_every_way_to_write_loopback_is_seen_through(written: str) -> None:
    with pytest.raises(Refused, match=r"127\.0\.0\.1"):
        vetted(written, 80)


def test_a_name_that_cannot_be_one_is_not_found() -> None:
    with pytest.raises(NotFound):
        resolve("a" * 70 + ".example", 80)


def test_a_failing_resolver_is_a_name_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(NotFound):
        resolve("blog.example.org", 80)
