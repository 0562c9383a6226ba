"""Which machines may be asked: a feed, or a redirect in it, must not reach into the own network."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, cast

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from pipeline.collect.deadline import Deadline

Resolve = Callable[[str, int], tuple[str, ...]]

MAX_ADDRESSES = 3  # a host with more is served by the first few; each costs a connect timeout

# Python's is_global is not enough: 3.11 calls 6to4, Teredo and ::a.b.c.d global, though each
# of them can carry an inner IPv4 address. So: inside the range that is given out, minus these.
_V6_GIVEN_OUT = IPv6Network("2000::/3")
_V6_REFUSED = (
    IPv6Network("2001::/23"),  # protocol assignments: Teredo 2001::/32, ORCHID, benchmarking
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("3fff::/20"),  # documentation (RFC 9637), newer than Python's table
)
_V4_REFUSED = (IPv4Network("192.88.99.0/24"), IPv4Network("192.0.0.0/24"))


class Refused(Exception):
    """The host may not be reached; the text is a sentence for the author."""


class NotFound(Exception):
    """The name has no address."""


class NoAnswer(Exception):
    """Nobody said in time whether the name has an address."""


def is_public(address: str) -> bool:
    """Whether an address belongs to the open internet, and to nothing that can hide another."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if not ip.is_global or ip.is_multicast:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _V4_REFUSED)
    return _is_public_v6(ip)


def _is_public_v6(ip: IPv6Address) -> bool:
    # ::ffff:0:0/96 (mapped), 64:ff9b::/96 (NAT64), fe80::/10, fc00::/7 lie outside 2000::/3.
    return ip in _V6_GIVEN_OUT and not any(ip in network for network in _V6_REFUSED)


def resolve(host: str, port: int) -> tuple[str, ...]:
    """All addresses of a host, in the system's order. Raises NotFound."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: a label longer than DNS allows
        raise NotFound(host) from error
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def look_up_within(seconds: float, look_up: Resolve = resolve) -> Resolve:
    """`look_up` that is given up after `seconds`; then it raises NoAnswer.

    The system's look-up has no timeout of its own and cannot be interrupted, so it runs in a
    thread that is left behind: what it finds later is dropped.
    """

    def limited(host: str, port: int) -> tuple[str, ...]:
        found: Future[tuple[str, ...]] = Future()

        def ask() -> None:
            try:
                found.set_result(look_up(host, port))
            except BaseException as error:  # it belongs to whoever waits
                found.set_exception(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            return found.result(timeout=max(0.0, seconds))
        except TimeoutError as error:
            raise NoAnswer(host) from error

    return limited


def vetted(
    host: str, port: int, *, allow_private: bool = False, look_up: Resolve = resolve
) -> tuple[str, ...]:
    """The addresses to connect to, none of them private; at most MAX_ADDRESSES.

    One bad address among good ones refuses the host: which one is used would be chance, and
    a name that mixes them is built for an attack. Raises NotFound, Refused, and what `look_up` raises.
    """
    addresses = look_up(host, port)
    if not addresses:
        raise NotFound(host)
    private = [address for address in addresses if not is_public(address)]
    if private and not allow_private:
        raise Refused(
            f"{host} lies in a private network ({private[0]}), where feeds are not fetched from; "
            "if it is your own machine or network, set allow_private = true under [feeds]"
        )
    return addresses[:MAX_ADDRESSES]


def _connect(connection: HTTPConnection, addresses: tuple[str, ...], deadline: Deadline) -> socket.socket:
    """A socket to the first address that takes us; the last one's fault where none does."""
    for address in addresses[:-1]:
        with contextlib.suppress(ConnectTimeoutError, NewConnectionError):
            return _connect_to(connection, address, deadline)
    return _connect_to(connection, addresses[-1], deadline)


def _connect_to(connection: HTTPConnection, address: str, deadline: Deadline) -> socket.socket:
    left_s = deadline.left_s
    if left_s <= 0:
        raise ConnectTimeoutError(connection, "no time left")
    limit_s = left_s if connection.timeout is None else min(left_s, connection.timeout)
    try:
        sock = create_connection(
            (address, connection.port),
            limit_s,
            source_address=connection.source_address,
            socket_options=connection.socket_options,
        )
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, "no answer") from error
    except OSError as error:
        raise NewConnectionError(connection, str(error)) from error
    sock.settimeout(connection.timeout)
    deadline.watch(sock)
    return sock


class _PinnedHTTP(HTTPConnection):
    """Connects to vetted addresses; Host is still the name."""

    def __init__(self, *args: Any, addresses: tuple[str, ...], deadline: Deadline, **options: Any) -> None:
        super().__init__(*args, **options)
        self._addresses = addresses
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        return _connect(self, self._addresses, self._deadline)


class _PinnedHTTPS(HTTPSConnection):
    """Connects to vetted addresses; Host, SNI and the certificate's name are still the name."""

    def __init__(self, *args: Any, addresses: tuple[str, ...], deadline: Deadline, **options: Any) -> None:
        super().__init__(*args, **options)
        self._addresses = addresses
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        return _connect(self, self._addresses, self._deadline)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _PinnedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PinnedHTTPS


class PinnedAdapter(HTTPAdapter):
    """Sends every request to the given addresses, whatever the name would resolve to by then.

    Resolving once to vet and again to connect would let a name change its mind in between
    (DNS rebinding). `deadline` watches each socket as soon as it is connected, before any TLS,
    and no attempt to connect lasts beyond it.
    """

    def __init__(self, addresses: tuple[str, ...], deadline: Deadline) -> None:
        self._line = {"addresses": addresses, "deadline": deadline}
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - requests' own signature
        cert: Any = None,
    ) -> HTTPConnectionPool:
        found = super().get_connection_with_tls_context(request, verify, proxies=None, cert=cert)
        pool = cast(HTTPConnectionPool, found)  # one of the two classes above
        pool.conn_kw.update(self._line)
        return pool
