"""Verify: recompute every digest, from the pointer to the bytes, and say what does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kfm_assets.domain.canonical import Digest, digest_bytes
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Outcome, Verdict
from kfm_assets.engine import catalog_map, freeze, record
from kfm_assets.engine.raw import RAW, places, terms_path
from kfm_assets.errors import IntegrityError, KfmError, NotFound
from kfm_assets.ports import Problem, Recorded, System


def verify(system: System, releases: list[Recorded]) -> Iterator[Problem]:
    """Check releases: their ids, their builds, each artifact's bytes, and that their tag holds just these files."""
    seen: set[Digest] = set()
    for recorded in releases:
        yield from _release(system, recorded, seen)


def verify_all(system: System) -> Iterator[Problem]:
    """Check the whole home: the lake, every release that was ever live, every pointer, what waits, the evidence."""
    yield from system.lake.verify()
    live = {entry.intent.target for entry in system.state.journal() if entry.went_live}
    yield from verify(system, [recorded for recorded in system.state.releases() if recorded.release.id in live])
    recorded = {one.release.id for one in system.state.releases()}
    for release in sorted(live - recorded):
        yield Problem(f"release {release}", "was live, and is not on record")
    for pointer in system.state.pointers():
        if pointer.stable and pointer.stable not in live:
            yield Problem(
                f"pointer of {pointer.dataset}", f"names {pointer.stable}, which no journalled plan made live"
            )
    for pending in system.state.pending():
        yield from _build(system, pending.build, pending.commit)
    yield from freeze.verify(system)
    for intent in system.state.unfinished():
        yield Problem(f"transaction {intent.txn}", "is unfinished; `kfm recover` finishes or undoes it")


def _release(system: System, recorded: Recorded, seen: set[Digest]) -> Iterator[Problem]:
    release, where = recorded.release, f"release v{recorded.version} of {recorded.release.dataset}"
    try:
        builds = record.builds(system, release)
        beside = catalog_map.listed(system, catalog_map.root_of(system, release))
        ref = record.tag(release.id)
        system.lake.resolve(ref)
        for digest in (recorded.receipt, recorded.manifest):
            system.state.documents.get(digest)
        verdicts = system.state.verdicts([release.id, *builds.values()])
        for verdict in verdicts:
            for evidence in verdict.evidence:
                system.state.documents.get(evidence)
    except KfmError as error:
        yield Problem(where, str(error))
        return
    yield from _judged(system, release, builds.values(), verdicts)
    listed = {path for build in builds.values() for path in _paths(system, build)}
    catalogs = {f"{release.dataset}/{path}": file.digest for path, file in beside.items()}
    held = {file.path: file.digest for file in system.lake.files(ref, release.dataset)}
    for path in sorted(held.keys() ^ (listed | catalogs.keys())):
        yield Problem(where, f"{path} is {'in its tag, and nothing lists it' if path in held else 'missing'}")
    for path in sorted(path for path in held.keys() & catalogs.keys() if held[path] != catalogs[path]):
        yield Problem(where, f"{path} is not the catalog that the release lists")
    for path in sorted(held.keys() & catalogs.keys()):
        yield from _readable(system, where, ref, path)
    for build in builds.values():
        if build not in seen:
            seen.add(build)
            yield from _build(system, build, ref)


def _judged(
    system: System, release: Release, builds: Iterable[Digest], verdicts: Sequence[Verdict]
) -> Iterator[Problem]:
    """See that each verdict is what its report concludes, and that what was live passed each gate."""
    for verdict in verdicts:
        if not record.is_supported(system, verdict):
            where = f"gate {verdict.gate.value} of {verdict.subject[7:19]}"
            yield Problem(where, f"the verdict says {verdict.outcome.value}, and its evidence does not")
    passed = {(one.subject, one.gate) for one in verdicts if one.outcome is Outcome.PASS}
    policy = system.policy(release.dataset)
    required = [(build, gate) for build in builds for gate in policy.build_gates]
    required += [(release.id, gate) for gate in policy.release_gates]
    for subject, gate in required:
        if (subject, gate) not in passed:
            yield Problem(f"gate {gate.value} of {subject[7:19]}", f"{release.dataset} was live, and it never passed")


def _readable(system: System, where: str, ref: str, path: str) -> Iterator[Problem]:
    try:
        system.lake.read(ref, path)
    except (IntegrityError, NotFound) as error:
        yield Problem(where, str(error))


def _paths(system: System, digest: Digest) -> list[str]:
    build = record.build(system, digest)
    return [f"{build.dataset}/{artifact.path}" for artifact in build.artifacts]


def _build(system: System, digest: Digest, ref: str) -> Iterator[Problem]:
    try:
        build = record.build(system, digest)
    except KfmError as error:
        yield Problem(f"build {digest}", str(error))
        return
    where = f"build {digest[7:19]} of {build.dataset} {build.partition}"
    for artifact in build.artifacts:
        try:
            content = system.lake.read(ref, f"{build.dataset}/{artifact.path}")
        except (IntegrityError, NotFound) as error:
            yield Problem(where, str(error))
            continue
        if digest_bytes(content) != artifact.digest:
            yield Problem(where, f"{artifact.path} is not the file that the build lists")
    for path in [*(path for _, path in places(build)), terms_path(build.dataset, build.terms)]:
        try:
            system.lake.read(RAW, path)
        except (IntegrityError, NotFound) as error:
            yield Problem(where, str(error))
