"""Gzip on the wire: what a file is called without it, and its bytes. Zip archives are a parser's business.

Format: RFC 1952, https://www.rfc-editor.org/rfc/rfc1952. A file may be several members one after the other
(section 2.2) and may be padded with zeros at the end, as gzip itself allows.
"""

from __future__ import annotations

import zlib

from kfm_assets.errors import BadInput

GZ = ".gz"
MOST_BYTES = 2 * 2**30
"""How large a file may become: twenty times the largest national year of Storm Events."""

_MAGIC = b"\x1f\x8b"
_GZIP_WRAPPER = 16 + zlib.MAX_WBITS


def plain_name(name: str) -> str:
    """Return a file's name, or its path, without a last `.gz`."""
    return name[: -len(GZ)] if is_gzipped(name) else name


def is_gzipped(name: str) -> bool:
    """Tell whether a name says that its file is gzipped."""
    return name.lower().endswith(GZ)


def inflate(name: str, content: bytes, most: int = MOST_BYTES) -> tuple[str, bytes]:
    """Return a file's name and bytes without the gzip around them; those of any other file as they are.

    Raises:
        BadInput: when the gzip stream is cut off, damaged or followed by something else, when it would become larger
            than `most` bytes, or when the name does not say that the file is gzipped.
    """
    if is_gzipped(name):
        return plain_name(name), _unzipped(name, content, most)
    if content.startswith(_MAGIC):
        raise BadInput(f"{name} is gzipped and its name does not say so", advice=f"name it {name}{GZ}")
    return name, content


def _unzipped(name: str, content: bytes, most: int) -> bytes:
    members: list[bytes] = []
    size = 0
    rest = content
    while rest or not members:
        member = zlib.decompressobj(_GZIP_WRAPPER)
        try:
            # One byte more than allowed tells "as large as it may be" from "larger".
            out = member.decompress(rest, most - size + 1)
        except zlib.error as error:
            what = "goes on after its gzip stream" if members else "is not a sound gzip file"
            raise BadInput(f"{name} {what}: {_plain(error)}", advice="fetch it again") from error
        size += len(out)
        if size > most:
            raise BadInput(
                f"{name} becomes larger than {most} bytes", advice="look at it: no upstream file is this large"
            )
        if not member.eof:
            raise BadInput(f"{name} is cut off: its gzip stream has no end", advice="fetch it again")
        members.append(out)
        rest = member.unused_data.lstrip(b"\0")
    return members[0] if len(members) == 1 else b"".join(members)


def _plain(error: zlib.error) -> str:
    # zlib says "Error -3 while decompressing data: incorrect header check"; the last part is for people.
    return str(error).rpartition(": ")[2]
