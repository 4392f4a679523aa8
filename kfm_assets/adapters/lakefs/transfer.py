"""Bytes on their way between a local file and the server: streamed, and with their sha256 as the object's metadata.

The SDK sends and receives whole objects in memory, so these requests are made on its connection pool by hand. lakeFS
keeps a header `X-Lakefs-Meta-<name>` as an object's metadata (https://docs.lakefs.io/reference/api/, uploadObject).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

import urllib3

from kfm_assets.adapters.lakefs.client import Client
from kfm_assets.adapters.lakefs.faults import of_status
from kfm_assets.domain.canonical import Digest, hexadecimal
from kfm_assets.domain.trees import File
from kfm_assets.errors import IntegrityError, Unavailable

SHA256 = "sha256"
"""The name of the metadata that holds an object's digest, in 64 hexadecimal digits."""

TYPE = "application/octet-stream"
"""Every object's type: lakeFS counts objects with other types as different ones."""

_CHUNK = 1 << 20
_MOST = 299


@dataclass(frozen=True, slots=True)
class Spooled:
    """Bytes on their way in: where they lie now, their digest, their size in bytes."""

    path: Path
    digest: Digest
    size: int


def spool(content: bytes | BinaryIO, path: Path) -> Spooled:
    """Write bytes to a new file, in a stream. Leaves nothing where it fails. Raises Unavailable."""
    hasher, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as out:
            for chunk in _chunks(content):
                hasher.update(chunk)
                size += len(chunk)
                _write(out, chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Spooled(path, Digest(f"sha256:{hasher.hexdigest()}"), size)


def upload(client: Client, branch: str, path: str, spooled: Spooled) -> None:
    """Set a path of a branch to some bytes. Doing it twice is doing it once."""

    def send() -> None:
        headers = {
            "Content-Type": TYPE,
            "Content-Length": str(spooled.size),
            f"X-Lakefs-Meta-{SHA256}": hexadecimal(spooled.digest),
        }
        with spooled.path.open("rb") as stream:
            url = _url(client, f"branches/{quote(branch)}/objects", path)
            with _request(client, "POST", url, headers, stream) as answer:
                body = answer.data
        if answer.status > _MOST:
            raise of_status(answer.status, body.decode(errors="replace")[:200], f"upload {path}")

    client.read(f"upload {path}", send)


def download(client: Client, commit: str, file: File) -> bytes:
    """Return an object's bytes, checked. Raises IntegrityError."""
    content = client.read(f"read {file.path}", lambda: b"".join(_stream(client, commit, file.path)))
    if hashlib.sha256(content).hexdigest() != hexadecimal(file.digest):
        raise _damaged(file)
    return content


def digest_at(client: Client, commit: str, path: str) -> Digest:
    """Return the digest of an object's bytes, read in a stream."""

    def digest() -> str:
        hasher = hashlib.sha256()
        for chunk in _stream(client, commit, path):
            hasher.update(chunk)
        return hasher.hexdigest()

    return Digest(f"sha256:{client.read(f'read {path}', digest)}")


def fetch(client: Client, commit: str, file: File, folder: Path) -> str:
    """Return where a file with these bytes lies in a folder of objects, bringing them there where they are not.

    Raises:
        IntegrityError: when the server's bytes are others.
        Unavailable: when they cannot be had or kept.
    """
    name = hexadecimal(file.digest)
    target = folder / name[:2] / name[2:]
    if _is_whole(target, file.digest):
        return str(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=folder)
    except OSError as error:
        raise _local(folder, error) from error
    os.close(descriptor)
    try:
        digest = client.read(f"fetch {file.path}", lambda: _save(client, commit, file.path, Path(temporary)))
        if digest != name:
            raise _damaged(file)
        Path(temporary).chmod(0o444)
        Path(temporary).replace(target)
    except OSError as error:
        raise _local(folder, error) from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    return str(target)


def _save(client: Client, commit: str, path: str, target: Path) -> str:
    hasher = hashlib.sha256()
    with target.open("wb") as out:
        for chunk in _stream(client, commit, path):
            hasher.update(chunk)
            _write(out, chunk)
    return hasher.hexdigest()


def _stream(client: Client, commit: str, path: str) -> Iterator[bytes]:
    with _request(client, "GET", _url(client, f"refs/{quote(commit)}/objects", path), {}, None) as answer:
        if answer.status > _MOST:
            raise of_status(answer.status, answer.data.decode(errors="replace")[:200], f"read {path}")
        while chunk := answer.read(_CHUNK):
            yield chunk


def _url(client: Client, place: str, path: str) -> str:
    host = client.api.configuration.host
    return f"{host}/repositories/{quote(client.repository)}/{place}?{urlencode({'path': path})}"


def _request(
    client: Client, method: str, url: str, headers: Mapping[str, str], body: BinaryIO | None
) -> urllib3.BaseHTTPResponse:
    sent: dict[str, Any] = {**client.api.default_headers, **headers}
    client.api.update_params_for_auth(sent, [], ["basic_auth"], url, method, None)
    pool: urllib3.PoolManager = client.api.rest_client.pool_manager
    return pool.request(method, url, headers=sent, body=body, preload_content=False, timeout=client.timeout)


def _chunks(content: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    while chunk := content.read(_CHUNK):
        yield chunk


def _write(out: BinaryIO, chunk: bytes) -> None:
    try:
        out.write(chunk)
    except OSError as error:
        raise _local(Path(str(out.name)).parent, error) from error


def _is_whole(path: Path, digest: Digest) -> bool:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == hexadecimal(digest)
    except FileNotFoundError:
        return False


def _local(folder: Path, error: OSError) -> Unavailable:
    return Unavailable(f"{folder}: {error.strerror or error}", advice="look at the disk and its rights; run it again")


def _damaged(file: File) -> IntegrityError:
    return IntegrityError(
        f"{file.path}: the server's bytes are not {file.digest}",
        advice="run `kfm verify --all` to see all damage; publish again from the raw zone, or roll back",
    )
