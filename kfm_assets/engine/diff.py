"""Diff: two releases of a dataset compared row by row where their builds differ; and the gate `diff` on a candidate.

The report of a candidate is evidence of its verdict, and lies under the home at a fixed path, with what its run cost.
So are the totals of each partition, by which later candidates are judged without reading it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from kfm_assets.datasets import making, registry
from kfm_assets.domain import merkle
from kfm_assets.domain.canonical import Digest, Json, canonical_json
from kfm_assets.domain.dataset import STATIC, Dataset
from kfm_assets.domain.period import instant, span
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Finding, Gate, Outcome
from kfm_assets.engine import record
from kfm_assets.engine.brought import base, brought, is_tagged
from kfm_assets.engine.candidacy import Candidacy, Heard
from kfm_assets.errors import IntegrityError, NotFound
from kfm_assets.gates.diff import profile as profiles
from kfm_assets.gates.diff import report as reports
from kfm_assets.gates.diff.cost import cost
from kfm_assets.gates.diff.gate import DiffEvidence, diff
from kfm_assets.gates.diff.pairs import Pair, pair
from kfm_assets.gates.diff.places import COUNTY
from kfm_assets.gates.diff.profile import Profile, profile
from kfm_assets.gates.diff.report import Replaced, Report
from kfm_assets.gates.evidence import judged
from kfm_assets.ports import System

if TYPE_CHECKING:
    import polars as pl

FOLDER = "reports/pipelines/diff"
COUNTIES = "geography/counties"

_RUN = "kfm://run/"
_REPORT, _PROFILES = 1, 2
"""Where these stand among a verdict's evidence, after the gate's own report."""


def path_of(dataset: str, run: str) -> str:
    """Return where the report on a run's candidate stands below the home."""
    return f"{FOLDER}/{dataset.replace('/', '-')}/{run}.json"


# --- two releases -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """Two releases, the partitions on which they differ, and the tables of those."""

    spec: Dataset
    before: Release | None
    after: Release
    replaced: Mapping[str, Replaced]
    pairs: Mapping[str, list[Pair]]

    def report(self, system: System) -> Report:
        """Return the report on what one changes in the other."""
        here = sum(1 for one in self.replaced.values() if one.after)
        same = merkle.size(system.state.documents, self.after.builds) - here
        return reports.document(self.spec, (self.before, self.after), same, self.replaced, self.pairs)


def compare(system: System, dataset: str, source: str | None = None, target: str | None = None) -> Compared:
    """Compare two releases, named as people name them.

    Without a target, it is the candidate that waits, and where none does the stable release. Without a source, it is
    the stable release before a candidate, and else what was live before the target; nothing, where nothing was.

    Raises:
        NotFound: where nothing is published and nothing waits, a release is not on record, or its data are gone.
        IntegrityError: where its data are damaged.
    """
    registry.specification(dataset)
    after = record.find(system, target, dataset).release if target else _newest(system, dataset)
    before = record.find(system, source, dataset).release if source else _before(system, after)
    holders = {pending.build: pending.commit for pending in system.state.pending(dataset)}
    ref = record.tag(after.id) if _is_tagged(system, after) else None
    if before and before.origin is not after.origin:
        before = None
    changes = record.changes(system, before, after)
    places = {name: ref or holders.get(new, "") for name, (_, new) in changes.items() if new}
    lost = [name for name, place in places.items() if not place]
    if lost:
        raise NotFound(
            f"the data of {len(lost)} partitions of release {after.id[7:19]} are not kept",
            advice="`kfm releases` shows which releases were live; those are kept",
        )
    return _compared(system, before, after, changes, places)


def _newest(system: System, dataset: str) -> Release:
    """Return the candidate that waits, or else the stable release."""
    stable = record.stable(system, dataset)
    staged = [pending for pending in system.state.pending(dataset) if pending.release]
    for pending in sorted(staged, key=lambda one: one.at, reverse=True):
        found = system.state.release(pending.release).release if pending.release else None
        if found and found != stable:
            return found
    if stable is None:
        raise NotFound(f"nothing of {dataset} is published", advice=f"`kfm run {dataset}` publishes it")
    return stable


def _before(system: System, after: Release) -> Release | None:
    """Return what readers had before a release: what it followed when it went live, or the stable release now."""
    for entry in reversed(system.state.journal(after.dataset)):
        if entry.went_live and entry.intent.target == after.id:
            return system.state.release(entry.intent.source).release if entry.intent.source else None
    return record.stable(system, after.dataset)


def _is_tagged(system: System, release: Release) -> bool:
    with suppress(NotFound):
        system.lake.resolve(record.tag(release.id))
        return True
    return False


def _compared(
    system: System,
    before: Release | None,
    after: Release,
    changes: Mapping[str, tuple[Digest | None, Digest | None]],
    places: Mapping[str, str],
) -> Compared:
    """Read the partitions on which two releases differ, but for those whose tables are the same bytes."""
    spec = registry.specification(after.dataset)
    replaced = {
        name: Replaced(*(record.build(system, build) if build else None for build in builds))
        for name, builds in sorted(changes.items())
    }
    pairs: dict[str, list[Pair]] = {table.name: [] for table in spec.tables}
    ref = record.tag(before.id) if before else ""
    for name, one in replaced.items():
        if one.kind == "rebuilt":
            continue
        old = _tables(system, spec, name, one.before and ref)
        new = _tables(system, spec, name, one.after and places[name])
        for table in spec.tables:
            pairs[table.name].append(pair(name, old.get(table.name), new.get(table.name), table.key))
    return Compared(spec, before, after, replaced, pairs)


def _tables(system: System, spec: Dataset, partition: str, ref: object) -> Mapping[str, pl.DataFrame]:
    if not ref:
        return {}
    paths = [making.table_path(partition, table.name) for table in spec.tables]
    contents: dict[str, bytes] = {}
    for path in paths:
        with suppress(NotFound):  # a table that a specification has only since, or no longer
            contents[path] = system.lake.read(str(ref), f"{spec.key}/{path}")
    return making.tables_of(spec, partition, contents)


# --- the gate ---------------------------------------------------------------------------------------------------------


def hear(system: System, candidacy: Candidacy, policy: Policy) -> Heard:
    """Hear the gate `diff` on a candidate, and put the report on what it changes where people look for it."""
    started = system.clock.now()
    candidate = candidacy.release
    changes = brought(system, candidate, candidacy.changes)
    upon = base(system, candidate, tagged=is_tagged(system, candidate))
    before = system.state.release(upon).release if upon else None
    if before and before.origin is not candidate.origin:
        before = None  # Real replaces synthetic as a whole: there is nothing to compare it with.
    builds = {name: (one.before if before else None, one.after) for name, one in changes.items() if before or one.after}
    places = {name: one.holder for name, one in changes.items()}
    try:
        found = _compared(system, before, candidate, builds, places)
        figures = _Figures(system, found, places, _root(system, before))
        heard = diff(_evidence(system, found, figures), policy)
    except (IntegrityError, NotFound) as error:
        finding = Finding("tables", Outcome.ERROR, f"what is to be compared cannot be read: {error}")
        return Heard(judged(Gate.DIFF, candidate.id, policy, [finding]), (), frozenset(changes))
    report = found.report(system)
    kept = system.state.documents.put(canonical_json(report))
    system.records.put(path_of(candidate.dataset, candidacy.run), _record(system, candidacy, report, started))
    return Heard(heard.judgement, (kept, figures.kept()), heard.closing)


def report_of(system: System, release: Digest) -> Report | None:
    """Return the report that the newest verdict on a release by the gate `diff` saw; None where there is none."""
    for verdict in reversed(system.state.verdicts([release])):
        if verdict.gate is Gate.DIFF and len(verdict.evidence) > _REPORT:
            found: Report = json.loads(system.state.documents.get(verdict.evidence[_REPORT]))
            return found
    return None


def run_of(system: System, release: Digest) -> Json:
    """Return the facts of the run that put a release together, from its report below the home; None without them."""
    with suppress(NotFound, IntegrityError, ValueError, KeyError, TypeError):
        recorded = system.state.release(release)
        receipt = json.loads(system.state.documents.get(recorded.receipt))
        run = receipt["run_id"].removeprefix(_RUN).replace(".", "-", 1)
        kept = system.records.get(path_of(recorded.release.dataset, run))
        told = json.loads(kept) if kept else {}
        facts: Json = told["run"] if told.get("after", {}).get("release") == release else None
        return facts
    return None


def _evidence(system: System, found: Compared, figures: _Figures) -> DiffEvidence:
    now = system.clock.now()
    return DiffEvidence(
        specification=found.spec,
        subject=found.after.id,
        replaced=found.replaced,
        pairs=found.pairs,
        partitions=list(figures.builds),
        profile=figures.of,
        origin=found.after.origin,
        returned=frozenset(_returned(system, found)),
        unfinished=frozenset(name for name in found.replaced if _goes_on(found.spec, name, now)),
        name=_names(system),
    )


def _goes_on(spec: Dataset, partition: str, now: datetime) -> bool:
    period = span(spec, partition)
    return partition != STATIC and period is not None and period[1] >= now


def _returned(system: System, found: Compared) -> Iterator[str]:
    """Yield the partitions that are as a release that was live, and is not the one compared with, has them."""
    if found.before is None:
        return
    ids = {entry.intent.target for entry in system.state.journal(found.spec.key) if entry.went_live}
    lived = [system.state.release(one).release for one in sorted(ids - {found.before.id, found.after.id})]
    for name, one in found.replaced.items():
        build = one.after.id if one.after else None
        # Of the first release on, what is not there yet was not there before either.
        if any(
            release.origin is found.after.origin and record.build_id(system, release, name) == build
            for release in lived
        ):
            yield name


def _names(system: System) -> Callable[[str, str], str]:
    """Return what knows the counties' names, where those are published; they are read when one is asked for."""

    @cache
    def counties() -> dict[str, str]:
        stable = record.stable(system, COUNTIES)
        if stable is None:
            return {}
        spec = registry.specification(COUNTIES)
        rows = _tables(system, spec, STATIC, record.tag(stable.id))[spec.main.name]
        return {str(code): str(name) for code, name in rows.select(COUNTY, "name").iter_rows()}

    return lambda column, value: counties().get(value, "") if column == COUNTY else ""


def outlines(system: System) -> list[tuple[str, str, bytes]]:
    """Return each county's code, name and outline (WKB, degrees), as they are published; none where they are not."""
    stable = record.stable(system, COUNTIES)
    if stable is None:
        return []
    spec = registry.specification(COUNTIES)
    rows = _tables(system, spec, STATIC, record.tag(stable.id))[spec.main.name]
    return [(str(code), name, shape) for code, name, shape in rows.select(COUNTY, "name", "geometry").iter_rows()]


# --- figures of partitions --------------------------------------------------------------------------------------------


class _Figures:
    """The figures of a candidate's partitions: those kept with the release before, and of the rest computed now."""

    def __init__(self, system: System, found: Compared, places: Mapping[str, str], root: Digest) -> None:
        self.builds = record.builds(system, found.after)
        self._system, self._found, self._places, self._root = system, found, places, root
        self._known: dict[str, Profile] = {}
        self._new: dict[str, merkle.Value | None] = {}
        self._read: dict[str, dict[str, pl.DataFrame]] = {}
        for table, pairs in found.pairs.items():
            for one in pairs:
                if one.after is not None:
                    self._read.setdefault(one.partition, {})[table] = one.after

    def of(self, partition: str) -> Profile:
        """Return the figures of a partition."""
        if partition not in self._known:
            self._known[partition] = self._kept(partition) or self._computed(partition)
        return self._known[partition]

    def kept(self) -> Digest:
        """Keep the figures of the partitions that changed and of those that were asked for; return their map's root."""
        for partition, one in self._found.replaced.items():
            if one.after:
                self.of(partition)
            else:
                self._new[partition] = None
        return merkle.update(self._system.state.documents, self._root, self._new)

    def _kept(self, partition: str) -> Profile | None:
        value = merkle.lookup(self._system.state.documents, self._root, partition)
        if value is None:
            return None
        with suppress(IntegrityError, KeyError, ValueError, TypeError):
            content = self._system.state.documents.get(Digest(str(value)))
            return profiles.read(content, self.builds[partition])
        return None

    def _computed(self, partition: str) -> Profile:
        tables = self._read.get(partition, {})
        if not tables:
            before = self._found.before
            ref = self._places.get(partition) or (record.tag(before.id) if before else "")
            tables = dict(_tables(self._system, self._found.spec, partition, ref))
        found, build = profile(self._found.spec, tables), self.builds[partition]
        self._new[partition] = self._system.state.documents.put(canonical_json(found.document(build)))
        return found


def _root(system: System, before: Release | None) -> Digest:
    """Return the root of the map of totals that is kept with a release's verdict; of the empty one without any."""
    for verdict in reversed(system.state.verdicts([before.id]) if before else ()):
        if verdict.gate is Gate.DIFF and len(verdict.evidence) > _PROFILES:
            return verdict.evidence[_PROFILES]
    return merkle.EMPTY


def _record(system: System, candidacy: Candidacy, report: Report, started: datetime) -> bytes:
    """Return the report with the facts of the run: when, and what it cost."""
    dataset, now = candidacy.release.dataset, system.clock.now()
    noted = system.state.notes(candidacy.run)
    seconds = [facts.get("seconds") for (key, _), facts in noted.items() if key == dataset]
    sizes = report["bytes"]
    before, after = (int(str(sizes[side])) for side in ("before", "after")) if isinstance(sizes, Mapping) else (0, 0)
    spent = cost(
        sum(float(one) for one in seconds if isinstance(one, int | float)),
        (now - started).total_seconds(),
        before,
        after,
    )
    run: dict[str, Json] = {"id": candidacy.run, "compared_at": instant(now), "cost": spent}
    return canonical_json({**report, "run": run}) + b"\n"
