"""Verify: recompute every digest, from the pointer to the bytes, and say what does not hold.

A row of the state that cannot be read is told by the state itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from kfm_assets.domain.canonical import Digest, digest_bytes
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Verdict
from kfm_assets.engine import catalog_map, freeze, record
from kfm_assets.engine.passed import Asked, never_passed
from kfm_assets.engine.raw import RAW, places, terms_path
from kfm_assets.errors import IntegrityError, KfmError, NotFound, Unavailable
from kfm_assets.ports import PRODUCTION, Problem, Recorded, System


def verify(system: System, releases: list[Recorded]) -> Iterator[Problem]:
    """Check releases: ids, builds, each artifact's bytes, that the tag holds just these files, and the snapshot.

    Raises:
        Unavailable: where the lake cannot be asked, which says nothing about what it holds.
    """
    seen: set[Digest] = set()
    live = _lived(system)
    for recorded in releases:
        try:
            yield from _release(system, recorded, seen)
            if recorded.release.id in live:
                yield from freeze.verify(system, recorded)
        except KfmError as error:
            yield _ended(system, _name(recorded), error)


def verify_all(system: System) -> Iterator[Problem]:
    """Check the whole home: the lake, all that the state holds, every release that was live, what waits, verdicts.

    A look that damage brings to an end is one more problem, and the next look is taken.

    Raises:
        Unavailable: where the lake cannot be asked.
    """
    said: set[Problem] = set()
    for look in (_lake, _state, _releases, _pointers, _waiting, _verdicts, _unfinished):
        for problem in _told(look, system):
            if problem not in said:
                said.add(problem)
                yield problem


def _told(look: Callable[[System], Iterator[Problem]], system: System) -> Iterator[Problem]:
    try:
        yield from look(system)
    except KfmError as error:
        yield _ended(system, "home", error)


def _ended(system: System, where: str, error: KfmError) -> Problem:
    """Return the problem that brought a look to an end. Raises Unavailable where the lake as a whole is away."""
    if isinstance(error, Unavailable):
        with suppress(IntegrityError, NotFound):
            system.lake.resolve(PRODUCTION)
    return Problem(where, str(error))


def _lake(system: System) -> Iterator[Problem]:
    return system.lake.verify()


def _state(system: System) -> Iterator[Problem]:
    return system.state.verify()


def _releases(system: System) -> Iterator[Problem]:
    live = _lived(system)
    recorded = system.state.releases()
    yield from verify(system, [one for one in recorded if one.release.id in live])
    for release in sorted(live - {one.release.id for one in recorded}):
        yield Problem(f"release {release}", "was live, and is not on record")


def _pointers(system: System) -> Iterator[Problem]:
    """See that each pointer names what the newest plan made live; an unfinished one may have moved it already."""
    live = {entry.intent.dataset: entry.intent.target for entry in system.state.journal() if entry.went_live}
    moving = {(intent.dataset, intent.target) for intent in system.state.unfinished()}
    pointers = {pointer.dataset: pointer.stable for pointer in system.state.pointers()}
    for dataset in sorted({*live, *pointers}):
        held, newest = pointers.get(dataset), live.get(dataset)
        if held != newest and (dataset, held) not in moving:
            told = f"the newest plan that was carried out made {newest} live" if newest else "no plan made that live"
            yield Problem(f"pointer of {dataset}", f"names {held or 'nothing'}, and {told}")


def _waiting(system: System) -> Iterator[Problem]:
    for pending in system.state.pending():
        yield from _build(system, pending.build, pending.commit)


def _verdicts(system: System) -> Iterator[Problem]:
    for subject in system.state.judged():
        yield from _unsupported(system, system.state.verdicts([subject]))


def _unfinished(system: System) -> Iterator[Problem]:
    for intent in system.state.unfinished():
        yield Problem(f"transaction {intent.txn}", "is unfinished; `kfm recover` finishes or undoes it")


def _release(system: System, recorded: Recorded, seen: set[Digest]) -> Iterator[Problem]:
    release, where = recorded.release, _name(recorded)
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
        yield _ended(system, where, error)
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


def _lived(system: System) -> set[Digest]:
    """Return every release that readers ever got."""
    return {entry.intent.target for entry in system.state.journal() if entry.went_live}


def _name(recorded: Recorded) -> str:
    return f"release v{recorded.version} of {recorded.release.dataset}"


def _judged(
    system: System, release: Release, builds: Iterable[Digest], verdicts: Sequence[Verdict]
) -> Iterator[Problem]:
    """See that each verdict is what its report concludes, and that what was live passed each gate, or was accepted."""
    yield from _unsupported(system, verdicts)
    asked: list[tuple[Digest, Asked]] = [(build, "build_gates") for build in builds]
    for subject, gates in [*asked, (release.id, "release_gates")]:
        on = [one for one in verdicts if one.subject == subject]
        for gate in never_passed(system, release.dataset, gates, on):
            yield Problem(f"gate {gate.value} of {subject[7:19]}", f"{release.dataset} was live, and it never passed")


def _readable(system: System, where: str, ref: str, path: str) -> Iterator[Problem]:
    try:
        system.lake.read(ref, path)
    except (IntegrityError, NotFound) as error:
        yield Problem(where, str(error))


def _unsupported(system: System, verdicts: Iterable[Verdict]) -> Iterator[Problem]:
    for verdict in verdicts:
        if verdict.policy and not record.is_supported(system, verdict):
            where = f"gate {verdict.gate.value} of {verdict.subject[7:19]}"
            yield Problem(where, f"the verdict says {verdict.outcome.value}, and its evidence does not")


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
