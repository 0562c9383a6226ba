"""Compressed bodies, decoded without ever holding more than was asked for."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

STEP = 64 * 1024  # bytes decoded at a time
_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"


class BadEncoding(Exception):
    """The body is not what its Content-Encoding says, or ends too early."""


class UnknownEncoding(Exception):
    """A Content-Encoding we did not ask for."""


class TooLarge(Exception):
    """The body is larger than the limit, counted after decoding."""


def decoded(chunks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """The body in `chunks`, at most `limit` bytes of it. Raises the three errors above.

    One layer only: `gzip, gzip` made 200 MB out of nothing much in a trial, and nobody needs it.
    """
    match encoding.strip().lower():
        case "" | "identity":
            pieces: Iterator[bytes] = iter(chunks)
        case "gzip" | "x-gzip":
            pieces = _inflated(chunks, _GZIP)
        case "deflate":
            pieces = _inflated(chunks, zlib.MAX_WBITS)
        case _:
            raise UnknownEncoding(encoding)
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise TooLarge(limit)
    return bytes(body)


def _inflated(chunks: Iterable[bytes], wbits: int) -> Iterator[bytes]:
    inflate = zlib.decompressobj(wbits)
    first, ended = True, False
    for chunk in chunks:
        rest = chunk
        if first and wbits == zlib.MAX_WBITS and not _has_zlib_header(chunk):
            inflate = zlib.decompressobj(-zlib.MAX_WBITS)  # "deflate" without the header: old IIS
        first = False
        while rest:
            if ended:
                if not rest.startswith(_MAGIC):
                    return  # padding after the end, which browsers ignore too
                inflate, ended = zlib.decompressobj(_GZIP), False
            try:
                piece = inflate.decompress(rest, STEP)
            except zlib.error as error:
                raise BadEncoding(str(error)) from error
            yield piece
            ended = inflate.eof
            rest = inflate.unused_data if ended else inflate.unconsumed_tail
    if not ended and not first:
        yield from _last(inflate)


def _last(inflate: zlib._Decompress) -> Iterator[bytes]:
    # What fits into the window may still wait inside; an end that never came is an error.
    piece = inflate.decompress(b"", STEP)
    yield piece
    if not inflate.eof:
        raise BadEncoding("it ends too early")


def _has_zlib_header(chunk: bytes) -> bool:
    """RFC 1950 §2.2: method 8, and the first two bytes are a multiple of 31."""
    return len(chunk) > 1 and chunk[0] & 0x0F == 8 and (chunk[0] << 8 | chunk[1]) % 31 == 0
