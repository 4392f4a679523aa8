"""What the documents say of the repository is so: links, folders, settings, exit codes, dependencies, forms."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from importlib import resources
from pathlib import Path
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from kfm_assets import errors
from kfm_assets.cli import exits
from kfm_assets.datasets.registry import DATASETS, specification
from kfm_assets.settings import Settings
from kfm_assets_tests.docs.documents import DOCUMENTS, ROOT, blocks, inline, name, prose, sections

README = ROOT / "README.md"
RUNBOOKS = [*sorted(ROOT.glob("docs/runbooks/data/RB-*.md")), *sorted(ROOT.glob("docs/pipelines/*/RUNBOOK.md"))]
TEMPLATE = ROOT / "docs/runbooks/data/templates/runbook-template.md"
DEPENDENCIES = ROOT / "docs/adr/0002-dependencies.md"


# --- links ------------------------------------------------------------------------------------------------------------


def anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub gives to a document's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_and_pictures_resolve(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), target
            continue
        path, _, anchor = unquote(target).partition("#")
        found = (document.parent / path).resolve() if path else document
        assert found.exists(), f"{name(document)}: {target}"
        assert found.is_relative_to(ROOT), f"{name(document)}: {target}"
        if anchor:
            assert anchor in anchors(found), f"{name(document)}: {target}"


def test_pictures_have_a_text_for_those_who_do_not_see_them():
    for document in DOCUMENTS:
        assert all(text.strip() for text in re.findall(r"!\[([^\]]*)\]\(", prose(document))), name(document)


def test_every_page_can_be_reached_from_the_readme():
    seen, waiting = set(), [README]
    while waiting:
        document = waiting.pop()
        if document in seen:
            continue
        seen.add(document)
        targets = re.findall(r"\]\(([^)#\s]+\.md)", prose(document))
        waiting += [(document.parent / target).resolve() for target in targets if not target.startswith("https:")]
    assert set(DOCUMENTS) - seen <= {ROOT / "BENCHMARKS.md"}


# --- the README -------------------------------------------------------------------------------------------------------


def folders(text: str) -> set[str]:
    """Return the folders that a map names, by the indentation of its lines."""
    found, above = set(), {}
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        above[indent] = line.split()[0]
        found.add("".join(above[depth] for depth in sorted(above) if depth <= indent))
        above = {depth: folder for depth, folder in above.items() if depth <= indent}
    return found


def packages(folder: Path) -> set[str]:
    """Return the folders right below one that hold something of ours."""
    below = [entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith((".", "__"))]
    ours = [entry for entry in below if any(file.is_file() and file.suffix != ".pyc" for file in entry.rglob("*"))]
    return {f"{entry.relative_to(ROOT).as_posix()}/" for entry in ours}


def test_the_folder_map_is_the_tree():
    (mapped,) = (block.text for block in blocks(README) if block.language == "text")
    top = {f"{name}/" for name in ("kfm_assets", "kfm_assets_tests", "benchmarks", "docs")}
    package = ROOT / "kfm_assets"
    below = packages(package) | packages(package / "adapters") | packages(ROOT / "docs")
    assert folders(mapped) == top | below


def test_every_setting_is_named():
    named = {text for text in inline(README) if re.fullmatch(r"KFM_[A-Z_]+", text)}
    assert named == {f"KFM_{setting.upper()}" for setting in Settings.model_fields}


def test_every_exit_code_is_named():
    table = sections(README)["Settings and exit codes"]
    named = {int(code) for code in re.findall(r"\| (\d+) \|", table)}
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.KfmError)]
    assert named == {kind.exit_code for kind in classes} | {exits.UNEXPECTED, exits.INTERRUPTED, exits.UNREAD}


# --- runbooks and pipelines -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=name)
def test_a_runbook_has_every_section_of_the_template_in_its_order(runbook):
    wanted = list(sections(TEMPLATE))
    assert [title for title in sections(runbook) if title in wanted] == wanted
    assert all(text.strip() for text in sections(runbook).values())


def test_the_catalog_lists_every_runbook():
    listed = set(re.findall(r"\]\((RB-[^)]+)\)", (ROOT / "docs/runbooks/data/README.md").read_text()))
    assert listed == {path.name for path in ROOT.glob("docs/runbooks/data/RB-*.md")}


@pytest.mark.parametrize("key", DATASETS)
def test_a_pipelines_pages_know_its_columns_rules_and_bounds(key):
    spec = specification(key)
    folder = ROOT / "docs/pipelines" / spec.pipeline
    told = set(inline(folder / "README.md"))
    columns = {column.name for table in spec.tables for column in table.columns}
    assert columns <= told, columns - told
    rules = {*spec.quarantine, *spec.scope}
    assert rules <= told, rules - told
    runbook = (folder / "RUNBOOK.md").read_text()
    assert all(owner in runbook for owner in spec.owners)
    assert (folder / "CHANGELOG.md").exists()


@pytest.mark.parametrize("paper", ["receipt", "promotion-manifest"])
def test_a_papers_template_has_the_form_that_is_enforced(paper):
    schema = json.loads(resources.files("kfm_assets.gates").joinpath(f"schemas/{paper}.schema.json").read_text())
    document = json.loads((TEMPLATE.parent / f"{paper}-template.json").read_text())
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(document)
    assert document.keys() == schema["properties"].keys()


# --- dependencies -----------------------------------------------------------------------------------------------------

IMPORTED_AS = {"pyshp": "shapefile", "pyyaml": "yaml", "scikit-learn": "sklearn"}
TOOLS = {"dagster-webserver", "editables", "hatchling", "import-linter", "mypy", "pip", "pre-commit", "pytest-xdist"}
TOOLS |= {"ruff", "types-pyyaml"}
"""What is used by being there, and is imported by nothing of ours."""


ELSEWHERE = {ROOT / "benchmarks" / "drift_samples.py", ROOT / "kfm_assets_tests/gates/drift/vectors/make.py"}
"""What rivals and oracles run, in environments of their own."""


def declared() -> dict[str, set[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {"run": project["project"]["dependencies"], "dev": project["dependency-groups"]["dev"]}
    return {group: {re.split(r"[^\w.-]", text)[0] for text in texts} for group, texts in asked.items()}


def imported(*folders: str) -> set[str]:
    found = set()
    for path in {path for folder in folders for path in (ROOT / folder).rglob("*.py")} - ELSEWHERE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"kfm_assets", "kfm_assets_tests", "benchmarks"}


def as_imported(packages: set[str]) -> set[str]:
    return {IMPORTED_AS.get(package, package.replace("-", "_")) for package in packages}


def test_every_dependency_has_its_line_and_no_line_is_left_over():
    rows = re.findall(r"^\| `([\w.-]+)(?:\[\w+\])?` \|", DEPENDENCIES.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(declared()["run"] | declared()["dev"])


def test_what_is_declared_is_imported_and_what_is_imported_is_declared():
    assert imported("kfm_assets") == as_imported(declared()["run"] - TOOLS)
    everything = imported("kfm_assets", "kfm_assets_tests", "benchmarks")
    assert everything == as_imported((declared()["run"] | declared()["dev"]) - TOOLS)
