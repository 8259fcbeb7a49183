"""Bytes as a server packed them (RFC 9110, 8.4) → the bytes themselves, piece by piece and never more than a limit: a
small answer may unpack to a huge one. Pure.
"""

import zlib
from collections.abc import Iterator
from typing import Final

import brotli

CHUNK: Final = 64 * 1024


class TooMuch(ValueError):
    """There is more than the limit."""


class Torn(ValueError):
    """It is packed in a way that is not known, damaged, or ends too soon."""


def bounded(parts: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """The parts as they are. Raises TooMuch as soon as they are more than so many bytes."""
    size = 0
    for part in parts:
        size += len(part)
        if size > limit:
            raise TooMuch
        yield part


def unpack(parts: Iterator[bytes], encoding: str, *, limit: int) -> Iterator[bytes]:
    """Undo a Content-Encoding piece by piece, never holding more than `limit` bytes: a bomb ends in TooMuch.

    Raises Torn for what cannot be read.
    """
    names = [name for part in encoding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    if not names:
        yield from bounded(parts, limit)
        return
    if names == ["br"]:
        yield from bounded(_unbrotli(parts), limit)
        return
    if len(names) > 1 or names[0] not in ("gzip", "x-gzip", "deflate"):
        raise Torn
    yield from bounded(_inflate(parts, raw_allowed=names[0] == "deflate"), limit)


def _unbrotli(parts: Iterator[bytes]) -> Iterator[bytes]:
    unpacker = brotli.Decompressor()
    try:
        for part in parts:
            yield unpacker.process(part, output_buffer_limit=CHUNK)
            while not unpacker.can_accept_more_data():
                yield unpacker.process(b"", output_buffer_limit=CHUNK)
        while not unpacker.is_finished():  # it may hold back what it has taken in
            rest = unpacker.process(b"", output_buffer_limit=CHUNK)
            if not rest:
                raise Torn
            yield rest
    except brotli.error:
        raise Torn from None


def _inflate(parts: Iterator[bytes], *, raw_allowed: bool) -> Iterator[bytes]:
    either = 32 + zlib.MAX_WBITS  # gzip or zlib, told by their headers
    inflater = zlib.decompressobj(either)
    fresh = True
    for part in parts:
        pending = part
        while pending:
            try:
                out = inflater.decompress(pending, CHUNK)
            except zlib.error:
                if not (fresh and raw_allowed):
                    raise Torn from None
                # some servers send bare deflate where RFC 9110 asks for zlib
                inflater, raw_allowed = zlib.decompressobj(-zlib.MAX_WBITS), False
                continue
            fresh = False
            if out:
                yield out
            if inflater.eof:
                pending = inflater.unused_data
                if pending:  # gzip files may follow one another
                    if pending.strip(b"\x00") == b"":
                        return
                    inflater = zlib.decompressobj(either)
            else:
                pending = inflater.unconsumed_tail
    if not inflater.eof and not fresh:
        raise Torn
