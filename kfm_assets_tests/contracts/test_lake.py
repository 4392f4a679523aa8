"""Every lake, held to its contract: the named scenarios, and random rules in step with the model.

Another adapter joins by one line in `LAKES`.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from kfm_assets.adapters.lake.embedded import EmbeddedLake
from kfm_assets.errors import KfmError
from kfm_assets.ports import PRODUCTION, Clock, Commit, Lake
from kfm_assets_tests.contracts.lake_contract import EPOCH, CollectingLakeContract, TickingClock, held
from kfm_assets_tests.memory_lake import MemoryLake

LAKES: Mapping[str, Callable[[Path, Clock], Lake]] = {
    "embedded": EmbeddedLake,
    "memory": lambda _, clock: MemoryLake(clock),
}
LONG = os.environ.get("KFM_TEST_LONG") == "1"

CONTENTS = st.sampled_from([b"", b"0", b"1", b"2"])
PATHS = st.sampled_from(["a", "b", "a/x", "a/y", "a/x/p", "c/d/e", "c/d/f", "c-d", "c/g", "m/1", "m/40", "m/69"])
PREFIXES = st.one_of(PATHS, st.sampled_from(["", "a", "c", "c/d", "m"]))
COMMITS = st.integers(0, 40)
BRANCHES = st.sampled_from([PRODUCTION, "run-1", "audit-2", "other"])
REFS = st.one_of(COMMITS, BRANCHES, st.sampled_from(["rel-1", "rel-2", "nowhere"]))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), PATHS, CONTENTS),
        st.tuples(st.just("remove"), PREFIXES),
        st.tuples(st.just("restore"), REFS, PREFIXES),
        st.tuples(st.just("fill"), st.integers(1, 70), CONTENTS),
    ),
    max_size=6,
)


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture(params=LAKES)
def lake(request, tmp_path: Path, clock: TickingClock) -> Lake:
    return LAKES[request.param](tmp_path / "lake", clock)


class TestLakes(CollectingLakeContract):
    """The scenarios, over each lake."""


class RuleClock:
    """A second passes with each rule, for the lake and the model alike."""

    def __init__(self) -> None:
        """Start with the epoch."""
        self.time = EPOCH
        self.names = itertools.count()

    def now(self):
        return self.time

    def fresh(self) -> str:
        return f"{next(self.names):012d}"


class InStep(RuleBasedStateMachine):
    """A lake and the model take the same steps: they answer alike, raise alike, and hold the same all the way.

    Adapters name commits and trees in their own ways, so commits are known by the order in which they came, and trees
    are compared by which of them are equal.
    """

    factory: Callable[[Path, Clock], Lake]
    model: Callable[[Clock], Lake] = MemoryLake

    def __init__(self) -> None:
        """Start with two empty lakes."""
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = RuleClock()
        self.lakes = (type(self).factory(Path(self.folder.name, "lake"), self.clock), type(self).model(self.clock))
        self.ids = tuple([lake.resolve(PRODUCTION).id] for lake in self.lakes)
        self.trees: tuple[dict[str, str], dict[str, str]] = ({}, {})

    def teardown(self) -> None:
        """Whatever happened, the lake is whole."""
        assert list(self.lakes[0].verify()) == []
        close = getattr(self.lakes[0], "close", None)
        if close:
            close()
        self.folder.cleanup()

    def alike(self, act: Callable[[Lake, Callable[[int | str], str]], object]) -> None:
        """Do the same to both, and compare the answers, or the classes of what they raised."""
        self.clock.time += timedelta(seconds=1)
        answers = []
        for lake, ids in zip(self.lakes, self.ids, strict=True):
            name = partial(lambda ids, ref: ref if isinstance(ref, str) else ids[ref % len(ids)], tuple(ids))
            answers.append(attempt(partial(act, lake, name)))
        many = [answer if isinstance(answer, list) else [answer] for answer in answers]
        for one, other in zip(*many, strict=True):
            if isinstance(one, Commit) and isinstance(other, Commit):
                self.compare(one, other)
            else:
                assert one == other

    def compare(self, one: Commit, other: Commit) -> None:
        """Check that two commits are the same but for their names; learn the names of new ones."""
        for ids, commit in zip(self.ids, (one, other), strict=True):
            if commit.id not in ids:
                ids.append(commit.id)
        orders = [
            [ids.index(c) for c in (commit.id, *commit.parents)]
            for ids, commit in zip(self.ids, (one, other), strict=True)
        ]
        assert orders[0] == orders[1]
        if one.parents:  # the first commit may be a server's own
            assert (one.message, one.metadata, one.at) == (other.message, other.metadata, other.at)
        assert self.trees[0].setdefault(one.tree, other.tree) == other.tree
        assert self.trees[1].setdefault(other.tree, one.tree) == one.tree

    @rule(name=BRANCHES, at=REFS)
    def create_branch(self, name, at) -> None:
        self.alike(lambda lake, ref: lake.create_branch(name, ref(at)))

    @rule(name=BRANCHES)
    def delete_branch(self, name) -> None:
        self.alike(lambda lake, _: lake.delete_branch(name))

    @rule(name=st.sampled_from(["rel-1", "rel-2", "other"]), at=REFS)
    def create_tag(self, name, at) -> None:
        self.alike(lambda lake, ref: lake.create_tag(name, ref(at)))

    @rule(name=BRANCHES, steps=STEPS)
    def commit(self, name, steps) -> None:
        self.alike(lambda lake, ref: commit(lake, name, steps, ref))

    @rule(first=BRANCHES, second=BRANCHES, steps=STEPS, more=STEPS)
    def commit_at_once(self, first, second, steps, more) -> None:
        """Two stages are open together; the later commit meets the earlier one."""

        def act(lake, ref):
            with lake.stage(first) as one, lake.stage(second) as other:
                take(one, steps, ref)
                take(other, more, ref)
                return [attempt(lambda: one.commit("one")), attempt(lambda: other.commit("other"))]

        self.alike(act)

    @rule(source=REFS, into=BRANCHES, parent=st.one_of(st.none(), COMMITS, BRANCHES))
    def squash_merge(self, source, into, parent) -> None:
        def act(lake, ref):
            wanted = lake.resolve(ref(parent)).id if parent is not None else ""
            return lake.squash_merge(ref(source), into, "merge", {"from": str(source)}, parent=wanted)

        self.alike(act)

    @rule(branch=BRANCHES, undone=REFS)
    def revert(self, branch, undone) -> None:
        self.alike(lambda lake, ref: lake.revert(branch, ref(undone), "revert"))

    @rule(branch=BRANCHES, to=REFS, before=st.one_of(st.none(), REFS))
    def reset(self, branch, to, before) -> None:
        """Go elsewhere, mostly from where the branch is."""

        def act(lake, ref):
            lake.reset(branch, ref(to), before=lake.resolve(branch if before is None else ref(before)).id)
            return [lake.resolve(branch), lake.is_protected(branch)]

        self.alike(act)

    @rule(left=REFS, right=REFS, prefix=PREFIXES)
    def diff(self, left, right, prefix) -> None:
        self.alike(lambda lake, ref: list(lake.diff(ref(left), ref(right), prefix)))
        self.alike(lambda lake, ref: lake.tree(ref(left), prefix) == lake.tree(ref(right), prefix))

    @rule(ref=REFS, prefix=PREFIXES)
    def read(self, ref, prefix) -> None:
        self.alike(lambda lake, name: held(lake, name(ref), prefix))
        self.alike(lambda lake, name: lake.read(name(ref), prefix))
        self.alike(lambda lake, name: [commit.message for commit in lake.log(name(ref))][:-1])

    @rule(keep=BRANCHES, ago=st.integers(-5, 40), dry=st.booleans())
    def collect(self, keep, ago, dry) -> None:
        before = self.clock.time - timedelta(seconds=ago)
        self.alike(lambda lake, _: lake.collect(keep=[keep], before=before, dry_run=dry))

    @invariant()
    def the_references_are_the_same(self) -> None:
        for names in ((lake.branches() for lake in self.lakes), (lake.tags() for lake in self.lakes)):
            one, other = (
                {name: ids.index(at) for name, at in refs.items()} for ids, refs in zip(self.ids, names, strict=True)
            )
            assert one == other

    @invariant()
    def the_branches_hold_the_same(self) -> None:
        for name in self.lakes[1].branches():
            assert list(self.lakes[0].files(name)) == list(self.lakes[1].files(name))


def attempt(act: Callable[[], object]) -> object:
    """Return an answer, or the class of the error instead of one."""
    try:
        return act()
    except KfmError as error:
        return type(error)


def take(staging, steps: Iterable[tuple], ref: Callable[[int | str], str]) -> None:
    """Stage some steps."""
    for kind, *rest in steps:
        if kind == "write":
            staging.write(*rest)
        elif kind == "remove":
            staging.remove(*rest)
        elif kind == "restore":
            staging.restore(ref(rest[0]), rest[1])
        else:
            for number in range(rest[0]):
                staging.write(f"m/{number}", rest[1])


def commit(lake: Lake, branch: str, steps: Iterable[tuple], ref: Callable[[int | str], str]) -> Commit:
    """Stage some steps and commit them."""
    with lake.stage(branch) as staging:
        take(staging, steps, ref)
        return staging.commit("steps", {"n": str(len(list(steps)))})


@pytest.mark.parametrize("name", [name for name in LAKES if name != "memory"])
def test_a_lake_stays_in_step_with_the_model(name: str) -> None:
    machine = type("Machine", (InStep,), {"factory": staticmethod(LAKES[name])})
    walk(machine, 1_000 if LONG else 100)


def walk(machine: type[InStep], examples: int) -> None:
    """Take many random walks of 40 steps."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
