"""What lies in the state and was damaged or altered: it is named, it opens nothing, and no command dies of it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kfm_assets import settings, wiring
from kfm_assets.domain.canonical import canonical_json
from kfm_assets.domain.verdict import Finding, Gate, Outcome, Verdict
from kfm_assets.engine import record
from kfm_assets.gates.evidence import judged
from kfm_assets.ports import System
from kfm_assets_tests.cli import homes

Alter = Callable[[sqlite3.Connection], object]
WAITING = "SELECT json_extract(content, '$.build') FROM pending WHERE partition = '2015-08'"
LIVE = (
    "SELECT number FROM verdicts WHERE json_extract(verdict, '$.gate') = 'E' AND"
    " subject NOT IN (SELECT json_extract(content, '$.build') FROM pending) LIMIT 1"
)


def sql(statement: str) -> Alter:
    return lambda connection: connection.execute(statement)


def verdict(where: str, change: str) -> Alter:
    return sql(f"UPDATE verdicts SET verdict = {change} WHERE {where}")  # noqa: S608 - words of this file


def flipped(needle: bytes) -> Alter:
    """Flip the last bit but some of every document that has this in it."""

    def alter(connection: sqlite3.Connection) -> None:
        found = connection.execute("SELECT digest, content FROM documents").fetchall()
        chosen = [(digest, content) for digest, content in found if needle in content]
        assert chosen
        for digest, content in chosen:
            altered = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
            connection.execute("UPDATE documents SET content = ? WHERE digest = ?", (altered, digest))

    return alter


def earlier(connection: sqlite3.Connection) -> None:
    """Let the pointer name a release that was live once."""
    first, newest = (
        connection.execute(
            "SELECT release FROM releases WHERE dataset = 'hazards/earthquakes' AND version = ?", (version,)
        ).fetchone()[0]
        for version in (1, 2)
    )
    connection.execute("UPDATE pointers SET value = replace(value, ?, ?)", (newest, first))


FAILED = f"subject = ({WAITING}) AND verdict LIKE '%upside down%'"
ALTERED: dict[str, tuple[Alter, str]] = {
    "a failed build that waits passes": (verdict(FAILED, "replace(verdict, 'FAIL', 'PASS')"), "evidence does not"),
    "so does its report": (
        lambda connection: [
            verdict(FAILED, "replace(verdict, 'FAIL', 'PASS')")(connection),
            sql(
                "UPDATE documents SET content = CAST(replace(CAST(content AS TEXT), 'FAIL', 'PASS') AS BLOB)"
                " WHERE CAST(content AS TEXT) LIKE '%upside down%'"
            )(connection),
        ],
        "its bytes are not what its digest says",
    ),
    "sealed manifests": (flipped(b'"released_at":"'), "its bytes are not what its digest says"),
    "a document became text": (
        sql("UPDATE documents SET content = 'x' WHERE digest = (SELECT min(digest) FROM documents)"),
        "its bytes are not what its digest says",
    ),
    "the pointer goes back": (earlier, "pointer of hazards/earthquakes: names"),
    "the pointers are gone": (sql("DELETE FROM pointers"), "pointer of geography/counties: names nothing"),
    "what was found": (
        verdict(f"number = ({LIVE})", "json_set(verdict, '$.findings[0].message', 'all was well')"),
        "evidence does not",
    ),
    "evidence names another document": (
        verdict(f"number = ({LIVE})", "json_set(verdict, '$.evidence[0]', (SELECT receipt FROM releases LIMIT 1))"),
        "evidence does not",
    ),
    "no evidence": (verdict(f"number = ({LIVE})", "json_set(verdict, '$.evidence', json('[]'))"), "evidence does not"),
    "a verdict is no JSON": (verdict(f"number = ({LIVE})", "'{'"), "cannot be read as verdict"),
    "an outcome that is none": (
        verdict(f"number = ({LIVE})", "replace(verdict, 'PASS', 'FINE')"),
        "cannot be read as verdict",
    ),
    "a verdict of another build": (
        verdict(f"number = ({LIVE})", "(SELECT verdict FROM verdicts ORDER BY number DESC LIMIT 1)"),
        "under another name than its own",
    ),
    "an intent is no JSON": (sql("UPDATE journal SET intent = '{' WHERE rowid = 1"), "cannot be read as intent"),
    "a mark that is none": (sql("UPDATE journal SET mark = 'SURE' WHERE rowid = 1"), "cannot be read as entry"),
    "a pointer is no JSON": (sql("UPDATE pointers SET value = '{'"), "cannot be read as pointer"),
    "a release of other builds": (
        sql("UPDATE releases SET content = (SELECT content FROM releases LIMIT 1)"),
        "cannot be read as release",
    ),
    "what waits is no build": (
        sql("UPDATE pending SET content = json_set(content, '$.build', (SELECT receipt FROM releases LIMIT 1))"),
        "is no build",
    ),
    "a note": (sql("UPDATE notes SET facts = '{'"), "cannot be read as facts"),
}


@pytest.fixture(scope="module")
def waiting(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which builds wait that passed their gates."""
    home = Path(shutil.copytree(published, tmp_path_factory.mktemp("waiting") / "home"))
    homes.prepare(home, homes.EARTHQUAKES, seed=3)
    return home


@pytest.fixture(scope="module")
def kept(waiting: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which builds wait, of which one failed."""
    home = Path(shutil.copytree(waiting, tmp_path_factory.mktemp("altered") / "home"))
    system = wiring.wire(settings.load(home=home))
    fail(system, next(one.build for one in system.state.pending() if one.partition == "2015-08"))
    return home


def fail(system: System, build: str) -> None:
    policy = system.policy(homes.EARTHQUAKES)
    judgement = judged(Gate.QUALITY, build, policy, [Finding("depth", Outcome.FAIL, "depths are upside down")])
    report = system.state.documents.put(canonical_json(judgement.report))
    at = system.clock.now()
    system.state.record_verdict(
        Verdict(build, Gate.QUALITY, policy.digest, Outcome.FAIL, judgement.findings, (report,), at)
    )


def altered(kept: Path, folder: Path, alter: Alter) -> Path:
    """Copy the home, and alter its state."""
    home = Path(shutil.copytree(kept, folder / "home"))
    with closing(sqlite3.connect(home / "state.db")) as connection, connection:
        alter(connection)
        assert connection.total_changes
    return home


def test_the_home_itself_is_sound(kfm, kept):
    assert (kfm("verify", "--all", "--home", kept).code, kfm("status", "--home", kept).code) == (0, 0)


@pytest.mark.parametrize("what", ALTERED)
def test_what_was_altered_is_named_and_no_command_dies_of_it(kfm, kept, tmp_path, what):
    alter, told = ALTERED[what]
    home = altered(kept, tmp_path, alter)
    ended = kfm("verify", "--all", "--home", home)
    assert ended.code == 6, ended
    assert told in ended.told
    json_lines = kfm("verify", "--all", "--json", "--home", home).lines
    assert len({json.dumps(line) for line in json_lines}) == len(json_lines)
    # What the promotion comes to depends on what was altered; that it says so in a line does not.
    promoted = kfm("promote", homes.EARTHQUAKES, "--partitions", "2015-08", "--home", home)
    assert promoted.code in {3, 6}, promoted
    assert promoted.err.count("\n") <= 1
    assert not list(home.glob("crashes/*"))


QUALITY = "json_extract(verdict, '$.gate') = 'E'"
MENDED: dict[str, Alter] = {
    "its report is damaged": flipped(b'"gate":"E"'),
    "its outcome is altered": verdict(QUALITY, "replace(verdict, 'PASS', 'FAIL')"),
    "its findings are altered": verdict(QUALITY, "json_set(verdict, '$.findings[0].message', 'all was well')"),
    "it names other evidence": verdict(
        QUALITY, "json_set(verdict, '$.evidence[0]', (SELECT receipt FROM releases LIMIT 1))"
    ),
    "it names no evidence": verdict(QUALITY, "json_set(verdict, '$.evidence', json('[]'))"),
    "it is no JSON": verdict(QUALITY, "'{'"),
    "each is no JSON": verdict("true", "'{'"),
}


@pytest.mark.parametrize("what", MENDED)
def test_a_verdict_that_is_not_what_its_evidence_says_is_asked_for_again(kfm, waiting, tmp_path, what):
    home = altered(waiting, tmp_path, MENDED[what])
    back = ("rollback", homes.EARTHQUAKES, "--to", "v1", "--reason", "the depths were right", "--home", home)
    assert kfm("promote", homes.EARTHQUAKES, "--home", home).code == 3
    system = homes.prepare(home, homes.EARTHQUAKES, seed=3)
    builds = {one.partition: one.build for one in system.state.pending(homes.EARTHQUAKES)}
    assert kfm("promote", homes.EARTHQUAKES, "--home", home).code == 0
    assert record.builds(system, record.stable(system, homes.EARTHQUAKES)) == builds
    assert kfm(*back).code == 0


def test_a_promotion_judges_a_candidate_anew_whose_verdicts_are_damaged(kfm, waiting, tmp_path):
    home = altered(waiting, tmp_path, flipped(b'"gate":"F"'))
    assert kfm("promote", homes.EARTHQUAKES, "--home", home).code == 0
