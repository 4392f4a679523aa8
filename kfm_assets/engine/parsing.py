"""Wire frames of acquired files: read from the raw zone, unzipped, parsed once. Parsing is pure, so it is kept."""

from __future__ import annotations

import threading
from collections import OrderedDict

from kfm_assets.datasets.compression import inflate
from kfm_assets.datasets.making import Parsed
from kfm_assets.datasets.program import Payload, Program
from kfm_assets.domain.canonical import Digest
from kfm_assets.engine.raw import RAW
from kfm_assets.ports import Acquired, System

_MOST_BYTES = 256 * 2**20
_Key = tuple[str, str, str, Digest]


class _Kept:
    """The most recently parsed files, up to a number of bytes of their content."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[_Key, Parsed] = OrderedDict()
        self._bytes = 0

    def get(self, key: _Key) -> Parsed | None:
        with self._lock:
            if key in self._files:
                self._files.move_to_end(key)
            return self._files.get(key)

    def put(self, key: _Key, file: Parsed) -> None:
        with self._lock:
            if key not in self._files:
                self._files[key] = file
                self._bytes += len(file[0].content)
            while self._bytes > _MOST_BYTES and len(self._files) > 1:
                _, (oldest, _) = self._files.popitem(last=False)
                self._bytes -= len(oldest.content)


_KEPT = _Kept()


def parsed(system: System, program: Program, acquired: Acquired, content: bytes | None = None) -> Parsed:
    """Return an acquired file and its wire frame; `content` saves a reading of what is at hand already.

    Raises:
        BadInput: when the file is not what its name says.
        IntegrityError: when its bytes in the raw zone have changed.
    """
    key = (program.specification.key, acquired.wire, acquired.name, acquired.digest)
    kept = _KEPT.get(key)
    if kept is None:
        name, inflated = inflate(acquired.name, system.lake.read(RAW, acquired.path) if content is None else content)
        payload = Payload(acquired.wire, name, inflated, acquired.digest)
        kept = (payload, program.parse(payload))
        _KEPT.put(key, kept)
    return kept
