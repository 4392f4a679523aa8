"""The commands that hand things over: export, catalog export, resolve; and those for the environments' branches."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from importlib import resources
from pathlib import Path

import pystac
import pytest
from pystac.validation import RegisteredValidator

from kfm_assets.domain.catalog import EXTENSIONS
from kfm_assets.gates.catalogs.schemas import schema
from kfm_assets_tests.cli import homes


def release(kfm, home, dataset: str = homes.EARTHQUAKES) -> str:
    return next(line["release"] for line in kfm("releases", dataset, "--json", "--home", home).lines if line["live"])


def test_an_export_is_whole_and_checks_itself(kfm, home, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    ended = kfm("export", release(kfm, home), folder, "--home", home)
    assert (ended.code, ended.err) == (0, "")
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=False, capture_output=True
    )
    assert checked.returncode == 0, checked.stderr
    listed = {line.split("  ", 1)[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert there == listed | {"SHA256SUMS"}
    assert {path.split("/")[0] for path in listed} >= {"processed", "quarantine", "catalog", "paper", "configuration"}
    assert all(path.stat().st_nlink == 1 for path in folder.rglob("*") if path.is_file())


def test_an_edit_of_an_export_leaves_the_lake_alone(kfm, home, tmp_path: Path) -> None:
    kfm("export", release(kfm, home), tmp_path / "out", "--home", home)
    for path in (tmp_path / "out").rglob("*.parquet"):
        path.chmod(0o644)
        path.write_bytes(b"edited")
    assert kfm("verify", "--all", "--home", home).code == 0


def test_an_export_takes_no_folder_that_holds_something(kfm, home, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    ended = kfm("export", release(kfm, home), folder, "--home", home)
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("command", ["export", "catalog"])
@pytest.mark.parametrize("target", ["/dev/null", "/dev/null/below", "file", "file/below"])
def test_what_is_no_folder_is_a_wrong_call(kfm, home, tmp_path: Path, command: str, target: str) -> None:
    (tmp_path / "file").write_text("mine")
    words = ("export", release(kfm, home)) if command == "export" else ("catalog", "export")
    ended = kfm(*words, tmp_path / target, "--home", home)
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "disk" not in ended.err
    assert (tmp_path / "file").read_text() == "mine"
    assert not list(home.glob("crashes/*"))


def test_the_command_that_checks_an_export_can_be_pasted(kfm, home, tmp_path: Path) -> None:
    ended = kfm("export", release(kfm, home), tmp_path / "two words", "--home", home)
    command = " ".join(ended.out.partition("`")[2].partition("`")[0].split())
    subprocess.run(["bash", "-ec", command], check=True, capture_output=True)


def test_a_snapshot_that_was_altered_is_told(kfm, home, tmp_path: Path) -> None:
    known = release(kfm, home)
    (kept,) = home.glob("data/releases/hazards-earthquakes/2/manifest.json")
    kept.write_bytes(kept.read_bytes() + b"x")
    for words in (("verify",), ("verify", "--all"), ("doctor",), ("export", known, tmp_path / "out")):
        ended = kfm(*words, "--home", home)
        assert ended.code == 6
        assert "manifest.json" in ended.told + ended.err
    assert not (tmp_path / "out").exists()
    kept.unlink()
    assert kfm("recover", "--home", home).code == 0
    assert kfm("verify", "--all", "--home", home).code == 0


def test_every_reference_of_a_correction_leads_somewhere(kfm, home) -> None:
    arguments = ("--to", "v1", "--reason", "a try", "--json", "--home", home)
    (line,) = kfm("rollback", homes.EARTHQUAKES, *arguments).lines
    text = (home / f"data/lineage/reliability/rollbacks/{line['txn']}.prov.jsonld").read_text()
    references = set(re.findall(r"kfm://[^\"]+", text))
    assert len(references) == 2
    for reference in references:
        assert kfm("resolve", reference, "--home", home).code == 0


def test_an_export_that_fails_leaves_nothing(kfm, home, tmp_path: Path) -> None:
    wanted = release(kfm, home)
    victim = next(path for path in (home / "lake" / "objects").rglob("*") if path.is_file())
    for path in (home / "lake" / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"damaged")
    assert victim.exists()
    ended = kfm("export", wanted, tmp_path / "out", "--home", home)
    assert (ended.code, len(ended.err.splitlines())) == (6, 1)
    assert [path for path in tmp_path.iterdir() if path != home] == []


@pytest.fixture
def stac(kfm, home, tmp_path: Path) -> Path:
    ended = kfm("catalog", "export", tmp_path / "stac", "--home", home)
    assert (ended.code, ended.err) == (0, "")
    return tmp_path / "stac"


def test_a_static_catalog_is_valid_and_its_assets_are_the_pinned_bytes(stac: Path, home) -> None:
    cache = RegisteredValidator.get_validator().schema_cache
    cache.update({address: schema(address) for address in EXTENSIONS})
    catalog = pystac.Catalog.from_file(str(stac / "catalog.json"))
    assert catalog.validate_all() > 0
    items = list(catalog.get_items(recursive=True))
    assert items
    for item in items:
        for asset in item.assets.values():
            path = Path(asset.href.removeprefix("file://"))
            assert path.is_relative_to(home)
            digest = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout[:64]
            assert asset.extra_fields["file:checksum"] == f"1220{digest}"
        for link in item.get_links():
            if link.rel in {"describedby", "http://www.w3.org/ns/prov#has_provenance"}:
                assert Path(link.get_absolute_href()).exists()
        assert item.get_root() is catalog
        assert item.get_parent().get_parent() is catalog


def test_a_static_catalog_lists_its_items_as_they_lie_there(stac: Path) -> None:
    collections = list(stac.glob("*/collection.json"))
    assert collections
    for path in collections:
        links = [link for link in json.loads(path.read_text())["links"] if link["rel"] == "item"]
        assert links
        for link in links:
            content = (path.parent / link["href"]).read_bytes()
            assert link["file:checksum"] == f"1220{hashlib.sha256(content).hexdigest()}"
            assert link["file:size"] == len(content)


def test_the_distributions_of_a_static_catalog_can_be_opened(stac: Path) -> None:
    seen = 0
    for path in stac.glob("*/*/dcat.jsonld"):
        for dataset in json.loads(path.read_text())["@graph"]:
            for one in dataset.get("dcat:distribution", ()):
                content = Path(one["dcat:downloadURL"]["@id"].removeprefix("file://")).read_bytes()
                assert hashlib.sha256(content).hexdigest() == one["spdx:checksum"]["spdx:checksumValue"]["@value"]
                assert one["dcat:accessURL"] == one["dcat:downloadURL"]
                seen += 1
    assert seen


def test_what_has_no_catalogs_is_named(kfm, home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy.yml"
    shipped = resources.files("kfm_assets.policies").joinpath("promotion.yml").read_text("utf-8")
    policy.write_text(shipped.replace("release_gates: [D, ", "release_gates: ["))
    monkeypatch.setenv("KFM_POLICY", str(policy))
    bare = tmp_path / "bare"
    homes.publish(bare, homes.COUNTIES)
    ended = kfm("catalog", "export", tmp_path / "none", "--home", bare)
    assert (ended.code, len(ended.err.splitlines())) == (8, 1)
    assert homes.COUNTIES in ended.err
    assert not (tmp_path / "none").exists()
    homes.publish(home, homes.DROUGHT, partitions=["2024"])
    ended = kfm("catalog", "export", tmp_path / "some", "--home", home)
    assert ended.code == 0
    assert f"{homes.DROUGHT} has no catalogs" in ended.told
    (line,) = kfm("catalog", "export", tmp_path / "again", "--json", "--home", home).lines
    assert line["without_catalogs"] == [homes.DROUGHT]


def test_a_static_catalog_may_be_of_one_dataset(kfm, home, tmp_path: Path) -> None:
    ended = kfm("catalog", "export", tmp_path / "one", "--dataset", homes.EARTHQUAKES, "--json", "--home", home)
    assert [line["collections"] for line in ended.lines] == [1]
    assert kfm("catalog", "export", tmp_path / "two", "--dataset", "hazards/floods", "--home", home).code == 8
    assert not (tmp_path / "two").exists()


def test_resolve_prints_what_a_reference_names(kfm, home, tmp_path: Path) -> None:
    known = release(kfm, home)
    reference = f"kfm://release/{known[7:]}"
    assert json.loads(kfm("resolve", reference, "--home", home).out)["dataset"] == homes.EARTHQUAKES
    (line,) = kfm("resolve", f"{reference}/catalog/collection.json", "--json", "--home", home).lines
    items = [link["href"] for link in line["document"]["links"] if link["rel"] == "item"]
    item = json.loads(kfm("resolve", f"{reference}/catalog/{items[0]}", "--home", home).out)
    events = item["assets"]["events"]
    out = tmp_path / "events.parquet"
    assert kfm("resolve", events["kfm:evidence"], "-o", out, "--home", home).code == 0
    assert out.stat().st_size == events["file:size"]


@pytest.mark.parametrize(("text", "code"), [("kfm://release/latest", 2), (f"kfm://build/{'0' * 64}", 8)])
def test_resolve_guesses_nothing(kfm, home, text: str, code: int) -> None:
    ended = kfm("resolve", text, "--home", home)
    assert (ended.code, len(ended.err.splitlines()), ended.out) == (code, 1, "")


def test_a_rehearsal_is_seen_by_nobody(kfm, home) -> None:
    before = release(kfm, home)
    homes.prepare(home, homes.EARTHQUAKES, seed=3)
    ended = kfm("promote", homes.EARTHQUAKES, "--rehearse", "--home", home)
    assert ended.code == 0
    assert "env-stage" in ended.out
    assert release(kfm, home) == before
    lines = kfm("promote", homes.EARTHQUAKES, "--json", "--home", home).lines
    assert all(line["published"] for line in lines)
    assert release(kfm, home) != before


def test_what_must_stand_on_stage_is_told_until_when(kfm, home, monkeypatch, tmp_path: Path) -> None:
    text = (resources.files("kfm_assets.policies") / "promotion.yml").read_text()
    assert text.count("stage_hours: {value: 0,") == 1
    (tmp_path / "policy.yml").write_text(text.replace("stage_hours: {value: 0,", "stage_hours: {value: 1,"))
    monkeypatch.setenv("KFM_POLICY", str(tmp_path / "policy.yml"))
    homes.prepare(home, homes.EARTHQUAKES, seed=3, partitions=["2015-08"])
    here = (homes.EARTHQUAKES, "--home", home)
    assert "for 1 hour first" in kfm("status", *here).told
    refused = kfm("promote", *here)
    assert (refused.code, "--rehearse" in refused.err) == (3, True)
    rehearsed = kfm("promote", *here, "--rehearse")
    assert "1 partition of hazards/earthquakes stands on env-stage" in rehearsed.told
    (at,) = re.findall(r"publishes it from (\S+ \S+) UTC on", rehearsed.told)
    assert f"publishes it from {at} UTC on" in kfm("status", *here).told
    assert f"publishes it from {at} UTC on" in kfm("status", "--home", home).told
    refused = kfm("promote", *here)
    assert (refused.code, "--rehearse" in refused.err) == (3, False)
    assert f"promote it from {at}" in refused.err
    assert kfm("status", "--json", *here).lines[0]["promotable_at"].startswith(at.replace(" ", "T"))


def test_a_reset_asks_for_broken_glass_and_then_drops_history(kfm, home) -> None:
    arguments = ("lake", "reset", homes.EARTHQUAKES, "--to", "v1", "--reason", "leaked", "--home", home)
    refused = kfm(*arguments)
    assert (refused.code, len(refused.err.splitlines())) == (2, 1)
    assert "kfm rollback" in refused.err
    ended = kfm(*arguments, "--break-glass")
    assert (ended.code, ended.err) == (0, "")
    (first,) = (one for one in kfm("releases", homes.EARTHQUAKES, "--json", "--home", home).lines if one["live"])
    assert first["version"] == 1
    assert kfm("verify", "--all", "--home", home).code == 0
