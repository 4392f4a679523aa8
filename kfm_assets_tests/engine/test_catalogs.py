"""What lies beside a release's data: catalogs in the lake, the snapshot, what is handed over. On a real home."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from kfm_assets.domain import merkle
from kfm_assets.domain.canonical import canonical_json, digest_bytes
from kfm_assets.domain.catalog import COLLECTION, DCAT, ITEM, PROV, partition_path, release_path
from kfm_assets.domain.evidence_ref import BuildRef, DatasetRef, DocumentRef, RawRef, ReleaseRef
from kfm_assets.domain.journal import Action
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Gate, Outcome, Verdict
from kfm_assets.engine import catalog_map, catalogs, freeze, record
from kfm_assets.engine.acquire import acquire
from kfm_assets.engine.assemble import assemble
from kfm_assets.engine.build import build
from kfm_assets.engine.candidacy import Candidacy
from kfm_assets.engine.export import export
from kfm_assets.engine.judge import judge
from kfm_assets.engine.promote import Cause, promote
from kfm_assets.engine.recover import recover
from kfm_assets.engine.resolve import content, resolve
from kfm_assets.engine.rollback import roll_back
from kfm_assets.engine.staging import Change
from kfm_assets.engine.verify import verify, verify_all
from kfm_assets.errors import GateClosed, IntegrityError, NotFound, UsageError
from kfm_assets.gates.catalogs import catalogs as catalogs_gate
from kfm_assets.ports import PRODUCTION, System
from kfm_assets_tests.engine.test_flow import COUNTIES, STORMS, opened, run, sampled


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def storms(home: Path) -> System:
    """A home with two years of storms, published one after the other."""
    system = opened(home)
    run(system, COUNTIES)
    run(system, STORMS, ["2019"])
    run(system, STORMS, ["2020"])
    return system


def live(system: System, dataset: str = STORMS):
    stable = record.stable(system, dataset)
    assert stable
    return stable


def document(system: System, path: str, dataset: str = STORMS) -> dict:
    return json.loads(system.lake.read(record.tag(live(system, dataset).id), f"{dataset}/{path}"))


def test_the_triplet_lies_in_the_lake_with_its_release(storms: System) -> None:
    for place in (PRODUCTION, record.tag(live(storms).id)):
        held = {file.path for file in storms.lake.files(place, f"{STORMS}/catalog")}
        wanted = {partition_path(year, name) for year in ("2019", "2020") for name in (ITEM, DCAT, PROV)}
        wanted |= {release_path(name) for name in (COLLECTION, DCAT, PROV)}
        assert held == {f"{STORMS}/{path}" for path in wanted}
    verdicts = [one for one in storms.state.verdicts([live(storms).id]) if one.gate is Gate.CATALOGS]
    assert [one.outcome for one in verdicts] == [Outcome.PASS]


def test_a_release_writes_the_documents_of_what_it_changes_alone(storms: System) -> None:
    first, second = (one.release for one in storms.state.releases(STORMS))
    changed = catalog_map.changed(storms, *(catalog_map.root_of(storms, one) for one in (first, second)))
    assert {path for path in changed if path.startswith("catalog/") and path.count("/") == 2} == {
        partition_path("2020", name) for name in (ITEM, DCAT, PROV)
    }


def test_the_manifest_lists_the_catalogs_that_it_brings(storms: System) -> None:
    manifest = json.loads(storms.state.documents.get(storms.state.release(live(storms).id).manifest))
    listed = {one["path"]: one["digest"] for one in manifest["catalogs"]}
    tag = record.tag(live(storms).id)
    (item,) = storms.lake.files(tag, f"{STORMS}/{partition_path('2020', ITEM)}")
    assert listed[partition_path("2020", ITEM)] == item.digest
    assert partition_path("2019", ITEM) not in listed


def test_going_back_brings_the_catalogs_of_then(storms: System) -> None:
    then = document(storms, release_path(COLLECTION))
    roll_back(storms, STORMS, "v1", Cause(Action.ROLLBACK, "wrong"))
    assert {link["href"] for link in document(storms, release_path(COLLECTION))["links"] if link["rel"] == "item"} == {
        "2019/item.json"
    }
    roll_back(storms, STORMS, "v2", Cause(Action.ROLLBACK, "right after all"))
    assert document(storms, release_path(COLLECTION)) == then
    assert list(verify_all(storms)) == []


def test_one_partition_back_has_catalogs_of_just_that(tmp_path: Path, home: Path) -> None:
    system = opened(home, sampled(tmp_path / "a", years=("1990", "1991")))
    run(system, COUNTIES)
    run(system, STORMS)
    before = document(system, partition_path("1990", ITEM))
    other = opened(home, sampled(tmp_path / "b", seed=2, years=("1990", "1991")))
    run(other, STORMS)
    after = document(other, partition_path("1991", ITEM))
    roll_back(other, STORMS, "v1", Cause(Action.ROLLBACK, "1990 was right"), ["1990"])
    assert document(other, partition_path("1990", ITEM)) == before
    assert document(other, partition_path("1991", ITEM)) == after
    assert list(verify_all(other)) == []


def test_a_release_that_is_made_again_upon_another_one_keeps_its_catalogs(home: Path) -> None:
    system = opened(home)
    run(system, COUNTIES)
    run(system, STORMS, ["2019"])
    run(system, STORMS, ["2020", "2021"])
    wanted, then = live(system), document(system, release_path(PROV))
    roll_back(system, STORMS, "v1", Cause(Action.ROLLBACK, "2020 is wrong"), ["2020"])
    run(system, STORMS, ["2020"])
    assert live(system) == wanted
    assert document(system, release_path(PROV)) == then
    assert list(verify_all(system)) == []


def test_a_release_that_had_no_catalogs_is_followed_by_one_that_has_all(storms: System) -> None:
    stable = live(storms)
    known = storms.state.release(stable.id)
    manifest = json.loads(storms.state.documents.get(known.manifest)) | {"catalogs": []}
    storms.state.record_release(stable, known.at, known.receipt, storms.state.documents.put(canonical_json(manifest)))
    storms.lake.create_branch("bare", PRODUCTION)
    with storms.lake.stage("bare") as staging:
        staging.remove(f"{STORMS}/catalog")
        staging.remove(f"{STORMS}/release")
        staging.remove(f"{STORMS}/drift")
        staging.commit("as an earlier version left it")
    storms.lake.squash_merge("bare", PRODUCTION, "as an earlier version left it")
    run(storms, STORMS, ["2021"])
    held = {file.path.split("/")[3] for file in storms.lake.files(PRODUCTION, f"{STORMS}/catalog")}
    assert {"2019", "2020", "2021"} < held


# --- gate D upon a real home


def without_catalogs(system: System) -> System:
    """Return the same home under a policy that asks for no catalogs."""

    def policy(dataset: str) -> Policy:
        asked = system.policy(dataset)
        return replace(asked, release_gates=tuple(gate for gate in asked.release_gates if gate is not Gate.CATALOGS))

    return replace(system, policy=policy)


def object_of(system: System, path: str, year: str = "2019") -> Path:
    """Return where the bytes of a file of a live build lie."""
    build = record.build(system, record.builds(system, live(system))[year])
    (found,) = (one for one in build.artifacts if one.path.endswith(path))
    return Path(system.lake.fetch(record.tag(live(system).id), f"{STORMS}/{found.path}"))


def verdict(system: System) -> Verdict:
    """Return the newest verdict of gate D on what waits."""
    waiting = next(one.release for one in system.state.pending(STORMS) if one.release)
    return next(one for one in reversed(system.state.verdicts([waiting])) if one.gate is Gate.CATALOGS)


@pytest.mark.parametrize(("path", "damage"), [("details.parquet", "gone"), ("rows.ndjson", "longer")])
def test_the_bytes_of_an_unchanged_partition_must_be_there(storms: System, path: str, damage: str) -> None:
    before, file = live(storms), object_of(storms, path)
    content = file.read_bytes()
    file.chmod(0o644)
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(content + b" ")
    with pytest.raises(GateClosed):
        run(storms, STORMS, ["2021"])
    assert live(storms) == before
    (found,) = (one for one in verdict(storms).findings if one.check == "links.assets")
    assert found.outcome is Outcome.FAIL
    assert "catalog/2019/item.json" in found.message
    assert path.split(".", maxsplit=1)[0].replace("rows", "quarantine") in found.message
    file.write_bytes(content)
    run(storms, STORMS, ["2021"])
    assert set(record.builds(storms, live(storms))) == {"2019", "2020", "2021"}


def test_catalogs_that_are_made_for_unchanged_partitions_are_judged(home: Path) -> None:
    system = opened(home)
    run(system, COUNTIES)
    run(without_catalogs(system), STORMS, ["2019"])
    run(without_catalogs(system), STORMS, ["2020"])
    assert catalog_map.root_of(system, live(system)) == merkle.EMPTY
    run(system, STORMS, ["2021"], publish=False)
    (pending,) = system.state.pending(STORMS)
    assert pending.release
    release = system.state.release(pending.release).release
    root = catalog_map.root_of(system, release)
    change = Change(None, pending.build, pending.commit)
    found = catalogs.evidence(system, Candidacy(pending.run, release, {"2021": change}, root))
    assert set(found.changed) == {"2019", "2020", "2021"}
    assert catalogs_gate(found, system.policy(STORMS)).outcome is Outcome.PASS
    path = partition_path("2019", DCAT)
    spoiled = found.documents[path].replace(b"dcat:Distribution", b"dcat:Catalog")
    assert path in next(
        one.message
        for one in catalogs_gate(
            replace(
                found,
                documents={**found.documents, path: spoiled},
                listed={**found.listed, path: digest_bytes(spoiled)},
            ),
            system.policy(STORMS),
        ).findings
        if one.check == "dcat.shapes"
    )
    promote(system, STORMS)
    assert list(verify_all(without_catalogs(system))) == []


def test_catalogs_that_never_passed_are_made_anew(storms: System) -> None:
    stable = live(storms)
    first = storms.state.verdicts([stable.id])
    passed = next(one for one in first if one.gate is Gate.CATALOGS)
    storms.state.record_verdict(replace(passed, outcome=Outcome.FAIL))
    name = run(storms, STORMS, ["2021"], publish=False)
    (pending,) = storms.state.pending(STORMS)
    release = storms.state.release(pending.release).release
    change = Change(None, pending.build, pending.commit)
    root = catalog_map.root_of(storms, release)
    assert set(catalogs.evidence(storms, Candidacy(name, release, {"2021": change}, root)).changed) == {
        "2019",
        "2020",
        "2021",
    }
    promote(storms, STORMS)
    assert set(record.builds(storms, live(storms))) == {"2019", "2020", "2021"}


def test_the_release_tells_of_the_run_from_its_start_and_of_what_the_lake_has(storms: System) -> None:
    name = run(storms, STORMS, ["2021"])
    told = {node["@id"]: node for node in document(storms, release_path(PROV))["@graph"]}
    activity = told[f"kfm://run/{name.replace('-', '.')}"]
    began = datetime.fromisoformat(activity["prov:startedAtTime"]["@value"])
    assert f"{began:%Y%m%dt%H%M%S}" == name.partition("-")[0]
    build = record.builds(storms, live(storms))["2021"]
    assert {"@id": str(BuildRef(build))} in activity["prov:used"]
    assert activity["prov:wasInformedBy"] == [{"@id": f"{BuildRef(build)}#making"}]
    (commit,) = (node for key, node in told.items() if "#commit-" in key)
    held = record.build(storms, build).artifacts[0].path
    assert storms.lake.read(commit["dcterms:identifier"], f"{STORMS}/{held}")
    (branch,) = (node["rdfs:label"].removeprefix("Branch ") for key, node in told.items() if "#branch-" in key)
    assert commit["dcterms:identifier"] in {one.id for one in storms.lake.log(branch)}
    (tag,) = (node["rdfs:label"].removeprefix("Tag ") for key, node in told.items() if "#tag-" in key)
    assert storms.lake.read(tag, f"{STORMS}/{held}")


def test_a_run_claims_no_commit_that_another_one_made(storms: System) -> None:
    maker, taker = storms.clock.fresh(), storms.clock.fresh()
    acquire(storms, maker, STORMS, ["2021"])
    build(storms, maker, STORMS, ["2021"])
    judge(storms, maker, STORMS, ["2021"])
    assemble(storms, taker, STORMS, ["2021"])
    promote(storms, STORMS)
    told = document(storms, release_path(PROV))["@graph"]
    assert any(taker.replace("-", ".") in node["@id"] for node in told)
    assert not [node for node in told if "#branch-" in node["@id"]]
    (commit,) = (node for node in told if "#commit-" in node["@id"])
    assert commit["prov:hadMember"] == [{"@id": str(BuildRef(record.builds(storms, live(storms))["2021"]))}]
    assert "prov:wasGeneratedBy" not in commit


# --- references


def test_every_kind_of_reference_resolves_to_the_bytes_that_it_names(storms: System) -> None:
    stable = live(storms)
    build = record.build(storms, record.builds(storms, stable)["2020"])
    receipt = json.loads(storms.state.documents.get(storms.state.release(stable.id).receipt))
    first = build.inputs[0]
    refs = [
        DatasetRef(STORMS),
        ReleaseRef(stable.id),
        ReleaseRef(stable.id, release_path(COLLECTION)),
        BuildRef(build.id),
        BuildRef(build.id, build.artifacts[0].path),
        DocumentRef(build.spec_hash),
        DocumentRef(build.code),
        DocumentRef(storms.policy(STORMS).digest),
        RawRef(STORMS, build.terms),
    ]
    if not first.name.startswith(COUNTIES):
        refs.append(RawRef(STORMS, first.digest, first.name))
    for ref in refs:
        found = resolve(storms, str(ref))
        assert digest_bytes(content(storms, found)) == found.digest, str(ref)
        if isinstance(ref, ReleaseRef | BuildRef | DocumentRef) and not getattr(ref, "path", ""):
            assert found.digest == ref.digest
    assert resolve(storms, receipt["run_id"]).digest == storms.state.release(stable.id).receipt
    decided = json.loads(content(storms, resolve(storms, receipt["policy"]["decision_id"])))
    assert decided == {"policy": storms.policy(STORMS).digest, "release": stable.id}


def test_every_name_in_the_catalogs_resolves_as_it_stands_there(storms: System) -> None:
    tag = record.tag(live(storms).id)
    found: set[str] = set()
    for file in storms.lake.files(tag, f"{STORMS}/catalog"):
        found |= set(re.findall(r'"(kfm://[^"]*)"', storms.lake.read(tag, file.path).decode()))
    assert {"making", "principal", "distribution"} <= {name.partition("#")[2] for name in found}
    for name in found:
        assert resolve(storms, name) == resolve(storms, name.partition("#")[0])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (f"kfm://release/{'0' * 64}", NotFound),
        (f"kfm://build/{'0' * 64}#making", NotFound),
        ("#making", UsageError),
        (f"kfm://build/{'0' * 64}/processed/2020/details.parquet", NotFound),
        (f"kfm://document/{'0' * 64}", NotFound),
        ("kfm://dataset/hazards/floods", NotFound),
        ("kfm://run/20260101t000000.aa", NotFound),
        (f"kfm://raw/hazards/storm_events/{'0' * 64}/x.csv", NotFound),
        (f"kfm://release/{'0' * 63}", UsageError),
        ("kfm://release/latest", UsageError),
        ("https://example.org", UsageError),
    ],
)
def test_a_reference_that_names_nothing_is_said_to(storms: System, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        resolve(storms, text)


def test_a_file_is_found_by_its_whole_path_alone(storms: System) -> None:
    build = record.builds(storms, live(storms))["2020"]
    with pytest.raises(NotFound):
        resolve(storms, str(BuildRef(build, "processed")))


# --- the snapshot, and what is handed over


def test_a_promotion_leaves_a_snapshot_of_references_that_copies_nothing(storms: System, home: Path) -> None:
    recorded = storms.state.release(live(storms).id)
    snapshot = json.loads((home / freeze.path_of(recorded)).read_bytes())
    assert (snapshot["version"], snapshot["release"]) == (2, recorded.release.id)
    assert {one["role"] for one in snapshot["references"]} == {"data", "catalog", "lineage", "configuration", "paper"}
    folder = (home / freeze.path_of(recorded)).parent
    assert [path.name for path in folder.iterdir()] == ["manifest.json"]
    assert (folder / "manifest.json").stat().st_nlink == 1


def test_recovery_writes_the_snapshot_that_a_crash_kept_from_being_written(storms: System, home: Path) -> None:
    path = home / freeze.path_of(storms.state.release(live(storms).id))
    before = path.read_bytes()
    path.unlink()
    assert [problem.what for problem in verify_all(storms)] == ["the snapshot is missing; `kfm recover` writes it"]
    assert recover(storms).snapshots == (freeze.path_of(storms.state.release(live(storms).id)),)
    assert path.read_bytes() == before
    assert recover(storms).snapshots == ()


def broken(snapshot: bytes) -> bytes:
    document = json.loads(snapshot)
    document["references"][0]["digest"] = digest_bytes(b"something else")
    return canonical_json(document)


MEDDLINGS: dict[str, Callable[[bytes], bytes]] = {
    "no JSON": lambda _: b"{",
    "no snapshot": lambda _: b'{"references": [], "lake": {}}',
    "another digest": broken,
    "a byte more": lambda snapshot: snapshot + b"x",
    "a space more": lambda snapshot: snapshot + b" ",
    "another year": lambda snapshot: snapshot.replace(b'"released_at":"20', b'"released_at":"19'),
}


@pytest.mark.parametrize("meddling", MEDDLINGS)
def test_a_snapshot_that_was_meddled_with_is_found(storms: System, home: Path, meddling: str) -> None:
    recorded = storms.state.release(live(storms).id)
    path = home / freeze.path_of(recorded)
    path.write_bytes(MEDDLINGS[meddling](path.read_bytes()))
    for found in (verify_all(storms), verify(storms, [recorded])):
        assert [problem.where for problem in found] == [freeze.path_of(recorded)]
    with pytest.raises(IntegrityError, match=r"manifest\.json"):
        list(export(storms, recorded))
    path.unlink()
    recover(storms)
    assert list(verify(storms, [recorded])) == []


def test_the_snapshot_of_another_release_is_found(storms: System, home: Path) -> None:
    first, second = (home / freeze.path_of(one) for one in storms.state.releases(STORMS)[:2])
    second.write_bytes(first.read_bytes())
    assert [problem.where for problem in verify_all(storms)] == [str(second.relative_to(home))]


def test_an_export_has_each_thing_that_its_snapshot_names(storms: System) -> None:
    files = {one.path: one for one in export(storms, storms.state.release(live(storms).id))}
    references = json.loads(files["snapshot.json"].content or b"")["references"]
    assert len(references) == 10
    assert {one["path"]: one["digest"] for one in references} == {
        one["path"]: files[one["path"]].digest for one in references
    }


def test_a_catalog_that_was_altered_in_the_lake_is_found(storms: System) -> None:
    tag = record.tag(live(storms).id)
    file = Path(storms.lake.fetch(tag, f"{STORMS}/{release_path(COLLECTION)}"))
    file.chmod(0o644)
    file.write_bytes(file.read_bytes().replace(b"SYNTHETIC", b"authentic"))
    assert any("collection.json" in problem.what for problem in verify_all(storms))
