"""Evidence references: the `kfm://` names of what a claim can be checked against. Where each lies is not known here.

| form | names |
|---|---|
| `kfm://dataset/<theme>/<name>` | a dataset, whatever its releases |
| `kfm://release/<64 hex>[/<path>]` | a release, or a file of its tree |
| `kfm://build/<64 hex>[/<path>]` | a build, or one of its files |
| `kfm://document/<64 hex>` | a document kept by its digest: a specification, a policy, a list of code |
| `kfm://raw/<theme>/<name>/<64 hex>[/<file>]` | what a raw zone keeps: an acquired file, a snapshot of terms |
| `kfm://run/<timestamp>.<nonce>` | a run |
| `kfm://policy_decision/<64 hex>` | the decision on a release under a policy |

Each thing has one reference, to the letter: what `parse` takes, `str` gives back. Paths are below the dataset's prefix
and percent-encoded as RFC 3986 has it. A fragment is no part of a reference; a part of what is named, such as a column,
is written as `<reference>#<part>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from kfm_assets.domain.canonical import Digest, hexadecimal
from kfm_assets.errors import UsageError

SCHEME = "kfm://"

_ADVICE = (
    "references are kfm://dataset/THEME/NAME, kfm://release/HEX[/PATH], kfm://build/HEX[/PATH], kfm://document/HEX, "
    "kfm://raw/THEME/NAME/HEX[/FILE], kfm://run/TIME.NONCE and kfm://policy_decision/HEX; HEX has 64 digits"
)
_HEX = re.compile(r"[0-9a-f]{64}")
_DATASET = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
_RUN = re.compile(r"[0-9]{8}[Tt][0-9]{6}[Zz]?\.[A-Za-z0-9_-]+")
_SAFE = "!$&'()*+,;=:@"
"""What RFC 3986 section 3.3 allows in a segment of a path besides letters, digits and `-._~`."""


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """A dataset by its key."""

    dataset: str

    def __str__(self) -> str:
        """Write the reference."""
        return f"{SCHEME}dataset/{self.dataset}"


@dataclass(frozen=True, slots=True)
class ReleaseRef:
    """A release, or the file of its tree at `path`."""

    digest: Digest
    path: str = ""

    def __str__(self) -> str:
        """Write the reference."""
        return f"{SCHEME}release/{hexadecimal(self.digest)}{_tail(self.path)}"


@dataclass(frozen=True, slots=True)
class BuildRef:
    """A build, or its file at `path`."""

    digest: Digest
    path: str = ""

    def __str__(self) -> str:
        """Write the reference."""
        return f"{SCHEME}build/{hexadecimal(self.digest)}{_tail(self.path)}"


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document by the digest of its bytes."""

    digest: Digest

    def __str__(self) -> str:
        """Write the reference."""
        return f"{SCHEME}document/{hexadecimal(self.digest)}"


@dataclass(frozen=True, slots=True)
class RawRef:
    """Bytes in the raw zone of a dataset by their digest, and the name of the file that they came as."""

    dataset: str
    digest: Digest
    file: str = ""

    def __str__(self) -> str:
        """Write the reference."""
        return f"{SCHEME}raw/{self.dataset}/{hexadecimal(self.digest)}{_tail(self.file)}"


@dataclass(frozen=True, slots=True)
class RunRef:
    """A run by its name, which is `<timestamp>-<nonce>` elsewhere."""

    name: str

    def __str__(self) -> str:
        """Write the reference."""
        return f"{SCHEME}run/{self.name.replace('-', '.', 1)}"

    @property
    def began(self) -> datetime | None:
        """When the run was named, to the second, as its name says in UTC; None where it does not."""
        stamp = self.name.partition("-")[0].upper().removesuffix("Z")
        try:
            return datetime.strptime(stamp, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class DecisionRef:
    """The decision on a release under a policy."""

    digest: Digest

    def __str__(self) -> str:
        """Write the reference."""
        return f"{SCHEME}policy_decision/{hexadecimal(self.digest)}"


EvidenceRef = DatasetRef | ReleaseRef | BuildRef | DocumentRef | RawRef | RunRef | DecisionRef


def parse(text: str) -> EvidenceRef:
    """Read a reference.

    Raises:
        UsageError: for anything but the one way in which a thing is referred to.
    """
    ref = _read(text)
    if ref is None or str(ref) != text:
        raise UsageError(f"{text!r:.200} is no evidence reference", advice=_ADVICE)
    return ref


def _read(text: str) -> EvidenceRef | None:  # noqa: PLR0911 - one return for each form
    if not text.startswith(SCHEME) or len(text.splitlines()) != 1:
        return None
    match text.removeprefix(SCHEME).split("/"):
        case ["dataset", theme, name] if _DATASET.fullmatch(key := f"{theme}/{name}"):
            return DatasetRef(key)
        case ["release", digits, *path] if _HEX.fullmatch(digits) and _plain(path):
            return ReleaseRef(_digest(digits), _path(path))
        case ["build", digits, *path] if _HEX.fullmatch(digits) and _plain(path):
            return BuildRef(_digest(digits), _path(path))
        case ["document", digits] if _HEX.fullmatch(digits):
            return DocumentRef(_digest(digits))
        case ["raw", theme, name, digits, *file] if (
            _DATASET.fullmatch(key := f"{theme}/{name}") and _HEX.fullmatch(digits) and _plain(file)
        ):
            return RawRef(key, _digest(digits), _path(file))
        case ["run", run] if _RUN.fullmatch(run):
            return RunRef(run.replace(".", "-", 1))
        case ["policy_decision", digits] if _HEX.fullmatch(digits):
            return DecisionRef(_digest(digits))
        case _:
            return None


def _digest(digits: str) -> Digest:
    return Digest(f"sha256:{digits}")


def _plain(segments: list[str]) -> bool:
    """Say whether a path names something without going round about: no empty segment, no dots, no control character."""
    names = [unquote(segment) for segment in segments]
    return all(name not in {"", ".", ".."} and name.isprintable() and "/" not in name for name in names)


def _path(segments: list[str]) -> str:
    return "/".join(map(unquote, segments))


def _tail(path: str) -> str:
    return "".join(f"/{quote(segment, safe=_SAFE)}" for segment in path.split("/")) if path else ""
