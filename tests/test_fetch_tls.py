"""Fetching over TLS: names are proved, faults are called by their name, nothing falls back to http."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from pipeline.collect.fetch import HttpFetcher
from pipeline.model import FeedOutcome, Fetched, FetchResult
from tests.servers import Line, Server, answer, redirect
from tests.test_fetch import FEED, HURRIED, NONE, QUICK, a_fetcher, failure


class _Plain(Server):
    """Speaks before it has read a whole request, as a TLS client sends none."""

    def _serve(self, raw: socket.socket) -> None:
        with raw:
            raw.settimeout(5)
            raw.recv(4096)
            try:
                self._behaviour(Line("", raw, self._stop))
            except OSError:
                return


def a_server_certificate(folder: Path, name: str = "blog.example.org") -> tuple[ssl.SSLContext, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is needed to make a certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        (
            f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -addext "
            f"subjectAltName=DNS:{name} -keyout key.pem -out certificate.pem"
        ).split(),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


def fetch_tls(
    context: ssl.SSLContext, trusted: Path | None, host: str
) -> tuple[FetchResult, list[str | None]]:
    with Server(answer(FEED), tls=context) as server:
        fetcher = HttpFetcher(
            allow_private=True,
            limits=QUICK,
            ca_file=str(trusted) if trusted else "",
            look_up=lambda *_: ("127.0.0.1",),
        )
        return fetcher.fetch(server.url(host=host), NONE), server.names


def test_a_pinned_address_still_proves_its_name(tmp_path: Path) -> None:
    context, certificate = a_server_certificate(tmp_path)
    result, names = fetch_tls(context, certificate, "blog.example.org")
    assert isinstance(result, Fetched)
    assert names == ["blog.example.org"]


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    context, certificate = a_server_certificate(tmp_path)
    outcome, message = failure(fetch_tls(context, certificate, "other.example.org")[0])
    assert outcome is FeedOutcome.BROKEN
    assert "does not prove it is other.example.org" in message


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context, _ = a_server_certificate(tmp_path)
    outcome, message = failure(fetch_tls(context, None, "blog.example.org")[0])
    assert outcome is FeedOutcome.BROKEN
    assert "security certificate" in message


CA = """[ca]
default_ca = ours
[ours]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = names
x509_extensions = more
[names]
commonName = supplied
[more]
subjectAltName = DNS:blog.example.org
basicConstraints = CA:TRUE
"""


def an_expired_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is needed to make a certificate")
    (folder / "ca.cnf").write_text(CA)
    (folder / "index.txt").touch()
    for command in (
        "req -new -newkey rsa:2048 -nodes -subj /CN=blog.example.org -keyout key.pem -out wish.pem",
        "ca -batch -notext -selfsign -config ca.cnf -keyfile key.pem -in wish.pem -out certificate.pem "
        "-startdate 20200101000000Z -enddate 20200201000000Z",
    ):
        subprocess.run([openssl, *command.split()], cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context, folder / "certificate.pem"


def test_an_expired_certificate_is_called_so(tmp_path: Path) -> None:
    context, certificate = an_expired_certificate(tmp_path)
    assert failure(fetch_tls(context, certificate, "blog.example.org")[0]) == (
        FeedOutcome.BROKEN,
        "the security certificate of blog.example.org has expired; tell whoever hosts the blog",
    )


def test_a_site_without_tls_on_its_secure_port_is_told() -> None:
    with _Plain(lambda line: line.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        result = a_fetcher().fetch(server.url().replace("http:", "https:"), NONE)
    assert failure(result) == (
        FeedOutcome.BROKEN,
        "127.0.0.1 could not make a secure connection (https); tell whoever hosts the blog",
    )


def test_https_is_never_left_for_http(tmp_path: Path) -> None:
    context, certificate = a_server_certificate(tmp_path)
    with Server(redirect("http://blog.example.org/feed"), tls=context) as server:
        fetcher = HttpFetcher(
            allow_private=True, limits=QUICK, ca_file=str(certificate), look_up=lambda *_: ("127.0.0.1",)
        )
        outcome, message = failure(fetcher.fetch(server.url(host="blog.example.org"), NONE))
    assert outcome is FeedOutcome.BROKEN
    assert "not secure" in message


def test_a_server_that_drips_its_side_of_tls_is_left_at_the_deadline() -> None:
    def behaviour(line: Line) -> None:
        line.send(b"\x16\x03\x03\x40\x00")  # a TLS record of 16 kB is announced …
        for _ in line.beats(every_s=0.02):
            line.send(b"\x02")  # … and comes a byte at a time

    with _Plain(behaviour) as server:
        url = server.url().replace("http:", "https:")
        outcome, message = failure(a_fetcher(HURRIED).fetch(url, NONE))
    assert outcome is FeedOutcome.BROKEN
    assert "longer than 0.3 seconds" in message
