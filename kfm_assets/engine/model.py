"""Model: the evidence for gate `model`. Each model that a release brings, the one that it follows, and both anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kfm_assets.datasets import making, registry
from kfm_assets.datasets.program import Material
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, canonical_json
from kfm_assets.domain.evidence_ref import BuildRef
from kfm_assets.domain.policy import Policy
from kfm_assets.engine import record
from kfm_assets.engine.candidacy import Candidacy, Heard
from kfm_assets.engine.resolve import Resolver
from kfm_assets.errors import IntegrityError, KfmError
from kfm_assets.ports import System

if TYPE_CHECKING:
    from kfm_assets.gates.model import Comparison, Trained


def hear(system: System, candidacy: Candidacy, policy: Policy) -> Heard:
    """Hear gate `model` on the models that a candidate release brings."""
    from kfm_assets.gates.model import ModelEvidence, judge  # noqa: PLC0415 - heavy, and of models alone

    bench = _Bench(system, candidacy)
    comparisons: list[Comparison] = []
    unreadable: dict[str, str] = {}
    for partition, change in candidacy.changes.items():
        if change.after is None:
            continue
        try:
            comparisons.append(bench.compared(partition, change.after))
        except (KfmError, ValueError, KeyError) as error:
            unreadable[partition] = str(error)
    evidence = ModelEvidence(
        registry.specification(candidacy.release.dataset), candidacy.release.id, comparisons, unreadable
    )
    judgement, documents = judge(evidence, policy)
    kept = tuple(dict.fromkeys(system.state.documents.put(canonical_json(document)) for document in documents))
    return Heard(judgement, kept)


@dataclass
class _Bench:
    """Reads models and what they were made from, each build once."""

    system: System
    candidacy: Candidacy
    _read: dict[Digest, Material] = field(default_factory=dict)
    _trained: dict[Digest, Trained] = field(default_factory=dict)

    def compared(self, partition: str, digest: Digest) -> Comparison:
        """Return a candidate with what stands before it, and what is made of its inputs and features anew."""
        from kfm_assets.datasets.models import audit  # noqa: PLC0415 - heavy, and of models alone
        from kfm_assets.gates.model import Comparison  # noqa: PLC0415 - the same

        candidate, before, made = self._model(digest), self._before(partition), record.build(self.system, digest)
        of_other_code = made.code != self.system.code(made.dataset)
        if of_other_code and record.was_live(self.system, self.candidacy.release):
            return Comparison(candidate, self._model(before) if before else None, None, None)
        return Comparison(
            candidate=candidate,
            production=self._model(before) if before else None,
            as_known=audit.as_known(self._materials(made)),
            retrained=audit.retrained(candidate.features),
        )

    def _before(self, partition: str) -> Digest | None:
        """Return the stable model of the same year, or that of the nearest earlier year in the candidate release."""
        stable = record.stable(self.system, self.candidacy.release.dataset)
        if stable and stable.origin == self.candidacy.release.origin:
            same = record.build_id(self.system, stable, partition)
            if same:
                return same
        builds = record.builds(self.system, self.candidacy.release)
        earlier = [name for name in builds if name < partition]
        return builds[max(earlier)] if earlier else None

    def _model(self, digest: Digest) -> Trained:
        from kfm_assets.datasets.models import audit  # noqa: PLC0415 - heavy, and of models alone
        from kfm_assets.gates.model import Trained  # noqa: PLC0415 - the same

        if digest not in self._trained:
            build = record.build(self.system, digest)
            model, features, backtest = audit.stored(self._material(build, audit.FILES).files)
            self._trained[digest] = Trained(digest, build.partition, model, features, backtest)
        return self._trained[digest]

    def _materials(self, build: Build) -> Mapping[str, list[Material]]:
        """Return the files that a build was made from, by dataset, in the order of their partitions."""
        spec = registry.specification(build.dataset)
        found: dict[str, list[Material]] = {key: [] for key in spec.requires}
        for item in build.inputs:
            key = item.name.rpartition("@")[0]
            found[key].append(self._material(record.build(self.system, item.digest), spec.reaches[key].files))
        return found

    def _material(self, build: Build, names: tuple[str, ...]) -> Material:
        if build.id not in self._read:
            paths = {name: making.file_path(build.partition, name) for name in names}
            files = {name: self._file(build, path) for name, path in paths.items()}
            self._read[build.id] = Material(build.partition, files)
        return self._read[build.id]

    def _file(self, build: Build, path: str) -> bytes:
        found = self._resolver.find(BuildRef(build.id, path))
        if found is None or not found.ref:
            raise IntegrityError(
                f"{path} of {build.dataset} is nowhere in the lake", advice="`kfm verify --all` says what else is"
            )
        return self.system.lake.read(found.ref, found.path)

    @property
    def _resolver(self) -> Resolver:
        holders = {change.after: change.holder for change in self.candidacy.changes.values() if change.after}
        return replace(Resolver(self.system, self.candidacy.release), holders=holders)
