"""The papers of a release: run receipt, promotion manifest, and the QA report that both point to. How each is written.

Their JSON Schemas (2020-12) lie in `schemas/`. Whether a paper speaks of the release that it is kept for is for the
gates F and G, in `contract`, to say. A paper is kept as canonical JSON, and named by the digest of that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, cast

from jsonschema import Draft202012Validator, FormatChecker

from kfm_assets.domain.artifact import JSON, Artifact
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, Json, canonical_json, digest_of, hexadecimal
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Gate, Outcome, Verdict, worst
from kfm_assets.errors import Conflict

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator as QuickValidator

Paper = dict[str, Json]

RECEIPT: Final = "receipt"
MANIFEST: Final = "promotion-manifest"

BUILDS_MAP = "release/builds.json"
"""The path under which a manifest lists the root of the release's map from partition to build."""

CATALOGS_MAP = "release/catalogs.json"
"""The path under which a manifest lists the root of the release's map from path to catalog file."""

_MOST_PROBLEMS = 5


def run_id(run: str) -> str:
    """Return a run's id, `kfm://run/<timestamp>.<nonce>`, from its name, `<timestamp>-<nonce>`."""
    return f"kfm://run/{run.replace('-', '.', 1)}"


def decision_id(policy: Digest, release: Digest) -> str:
    """Return the id of the decision on a release under a policy: the same question has the same id."""
    return f"kfm://policy_decision/{hexadecimal(digest_of({'policy': policy, 'release': release}))}"


def instant(at: datetime) -> str:
    """Return an instant as RFC 3339 has it, in UTC. Raises ValueError for one without an offset."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no offset from UTC")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def qa_report(dataset: str, verdicts: Iterable[Verdict], removed: Iterable[str] = ()) -> Paper:
    """Return a release's QA report: what the build gates said of its changed builds, and where the evidence is.

    Its `status` is `pass` where every verdict is PASS, and there is one; a release that only removes partitions needs
    none. It holds no time, only content.
    """
    ordered = sorted(verdicts, key=lambda verdict: (verdict.subject, verdict.gate))
    entries = [
        {
            "subject": verdict.subject,
            "gate": verdict.gate.value,
            "outcome": verdict.outcome.value,
            "policy": verdict.policy,
            "evidence": list(verdict.evidence),
        }
        for verdict in ordered
    ]
    gone = sorted(removed)
    passed = worst(verdict.outcome for verdict in ordered) is Outcome.PASS or (bool(gone) and not ordered)
    return {"dataset": dataset, "status": "pass" if passed else "fail", "verdicts": entries, "removed": gone}


def receipt(
    *,
    run: str,
    operation: str,
    release: Release,
    builds: Iterable[Build],
    places: Mapping[Digest, str],
    environment: Mapping[str, str],
    code: Digest,
    report: Paper,
    policy: Digest,
    created_at: datetime,
) -> Paper:
    """Return the receipt of a run: what it took, what it made, where, under which policy.

    `builds` are those that the release changes; `places` says where an input's bytes lie, by digest, where that is more
    than its name; `operation` is ingest, validate or promote. What `environment` leaves empty is left out.
    """
    builds = list(builds)
    inputs = {(places.get(one.digest, one.name), one.digest) for build in builds for one in build.inputs}
    return {
        "run_id": run_id(run),
        "operation": operation,
        "dataset_version_id": release.id,
        "inputs": [{"uri": uri, "digest": digest} for uri, digest in sorted(inputs)],
        "outputs": outputs(builds),
        "environment": {**{name: value for name, value in environment.items() if value}, "code_digest": code},
        "validation": _qa(report),
        "policy": {"decision_id": decision_id(policy, release.id)},
        "created_at": instant(created_at),
    }


def manifest(
    *,
    specification: Dataset,
    release: Release,
    builds: Iterable[Build],
    report: Paper,
    policy: Digest,
    catalogs: Mapping[str, Digest],
    approvals: Sequence[Mapping[str, str]] = (),
) -> Paper:
    """Return a release's promotion manifest, all but `released_at`, which is null until `seal`.

    `catalogs` are the catalog files that the release changes, by path, and the root of its map of all of them, under
    CATALOGS_MAP.
    """
    return {
        "kfm_promotion_manifest_version": "v1",
        "dataset_slug": specification.pipeline,
        "dataset_version_id": release.id,
        "spec_hash": specification.spec_hash,
        "origin": release.origin.value,
        "released_at": None,
        "artifacts": artifacts(release, builds),
        "catalogs": catalog_entries(catalogs),
        "qa": _qa(report),
        "policy": {"policy_label": specification.policy_label, "decision_id": decision_id(policy, release.id)},
        "approvals": [dict(approval) for approval in approvals],
    }


def seal(unsealed: Mapping[str, Json], released_at: datetime) -> Paper:
    """Return a manifest with the instant that its promotion's intent fixed.

    Raises:
        Conflict: when it is sealed already, with another instant.
    """
    at = instant(released_at)
    if unsealed["released_at"] not in {None, at}:
        raise Conflict(
            f"the manifest of {unsealed['dataset_version_id']} is sealed already, at {unsealed['released_at']}"
        )
    return {**unsealed, "released_at": at}


def outputs(builds: Iterable[Build]) -> list[Json]:
    """Return the files that some builds made, as a receipt lists them: by their path in the lake, sorted."""
    listed = {(f"{build.dataset}/{artifact.path}", artifact.digest) for build in builds for artifact in build.artifacts}
    return [{"uri": uri, "digest": digest} for uri, digest in sorted(listed)]


def artifacts(release: Release, builds: Iterable[Build]) -> list[Json]:
    """Return what a manifest lists: the files of the changed partitions, and the release's whole map as one entry.

    So a manifest is as long as what changed, however large the dataset is.
    """
    listed = [artifact for build in builds for artifact in build.artifacts]
    listed.append(Artifact(BUILDS_MAP, release.builds, 0, JSON))
    return [{"path": one.path, "digest": one.digest, "media_type": one.media_type} for one in sorted(listed)]


def catalog_entries(catalogs: Mapping[str, Digest]) -> list[Json]:
    """Return what a manifest lists of catalogs, sorted by path."""
    return [{"path": path, "digest": digest} for path, digest in sorted(catalogs.items())]


def _qa(report: Paper) -> Json:
    return {"status": report["status"], "report_digest": digest_of(report)}


def read(name: str, document: bytes) -> tuple[Paper, tuple[str, ...]]:
    """Read a receipt or a manifest, and say what its schema finds wrong with it, a line each; empty where nothing is.

    Raises:
        ValueError: when it is not canonical JSON, so that it could be read in two ways.
    """
    paper = json.loads(document)
    # `is_valid` is many times as quick as asking for the errors, of which there are none as a rule.
    wrong = (
        []
        if _quick(name).is_valid(paper)
        else sorted(_validator(name).iter_errors(paper), key=lambda error: (error.json_path, error.message))
    )
    if wrong:
        return {}, tuple(f"{error.json_path}: {error.message[:200]}" for error in wrong[:_MOST_PROBLEMS])
    if canonical_json(paper) != document:
        raise ValueError("it is not in canonical form (RFC 8785)")
    return cast("Paper", paper), ()


def schema(name: str) -> dict[str, object]:
    """Return the JSON Schema of a receipt or a manifest."""
    document = resources.files("kfm_assets.gates").joinpath("schemas", f"{name}.schema.json")
    return cast("dict[str, object]", json.loads(document.read_bytes()))


@cache
def _quick(name: str) -> QuickValidator:
    # Imported here, so that loading the definitions stays cheap.
    from jsonschema_rs import Draft202012Validator as Quick  # noqa: PLC0415

    formats = {"date-time": _is_sound_instant}
    return Quick(schema(name), validate_formats=True, ignore_unknown_formats=False, formats=formats)


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema(name), format_checker=_FORMATS)


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _is_instant(value: object) -> bool:
    """Hold a text to RFC 3339's date-time; `jsonschema` alone would let anything pass without a further package."""
    return not isinstance(value, str) or bool(_INSTANT.fullmatch(value) and datetime.fromisoformat(value))


def _is_sound_instant(value: str) -> bool:
    try:
        return _is_instant(value)
    except ValueError:
        return False


_FORMATS = FormatChecker(formats=())
_FORMATS.checkers["date-time"] = (_is_instant, ValueError)


def uncovered(report: Paper, builds: Iterable[Digest], gates: Sequence[Gate], policy: Digest) -> list[str]:
    """Say which builds a QA report does not show as passed, by each of some gates, under a policy.

    Raises:
        KeyError, TypeError: when it is no QA report.
    """
    entries = cast("Sequence[Mapping[str, Json]]", report["verdicts"])
    passed = {(one["subject"], one["gate"]) for one in entries if one["outcome"] == "PASS" and one["policy"] == policy}
    return [
        f"{build[7:19]} by gate {gate.value}" for build in builds for gate in gates if (build, gate.value) not in passed
    ]
