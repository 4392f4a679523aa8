"""Plans: what is left of one after a crash, what undoes it, and that no replay of an old one is possible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.operation import POINTER, Course, Operation, Standing, inverse, recovery, standing
from kfm_assets.domain.pointer import Pointer

A, B = digest_bytes(b"release a"), digest_bytes(b"release b")


def move(pointer: Pointer, to) -> Operation:
    return Operation(POINTER, pointer.dataset, pointer.encode(), pointer.moved_to(to).encode())


@st.composite
def plans(draw):
    """Plans over distinct references, of which one may be a pointer, in any place."""
    keys = draw(st.lists(st.text("abc", min_size=1), unique=True, max_size=5))
    plan = [Operation("lake", key, f"{key} old", f"{key} new") for key in keys]
    if draw(st.booleans()):
        pointer = Pointer("d", draw(st.sampled_from([None, A])), generation=draw(st.integers(0, 5)))
        plan.insert(draw(st.integers(0, len(plan))), move(pointer, B))
    return tuple(plan)


class World(dict):
    """References, and the compare-and-swap on them."""

    @classmethod
    def before(cls, plan):
        return cls({(op.target, op.key): op.before for op in plan})

    def observe(self, plan):
        return [self[op.target, op.key] for op in plan]

    def swap(self, operation):
        held = self[operation.target, operation.key]
        assert held in {operation.before, operation.after}, "a conflict"
        self[operation.target, operation.key] = operation.after


def stables(world):
    """Return the world as readers see it: of a pointer the release alone."""
    return {key: Pointer.decode(value).stable if key[0] == POINTER else value for key, value in world.items()}


@given(plans(), st.integers(0, 6))
def test_after_a_crash_anywhere_the_rest_finishes_the_plan(plan, done):
    world = World.before(plan)
    for operation in plan[:done]:
        world.swap(operation)
    found = recovery(plan, world.observe(plan))
    assert (found.course, found.foreign) == (Course.FINISH, ())
    assert found.remaining == plan[done:], "in order, and only what is not done"
    for operation in found.remaining:
        world.swap(operation)
    assert world.observe(plan) == [operation.after for operation in plan]
    assert recovery(plan, world.observe(plan)).remaining == (), "once more is nothing more"


@given(plans().filter(bool), st.integers(0, 6), st.data())
def test_a_reference_that_somebody_else_moved_is_left_alone_and_the_rest_undone(plan, done, data):
    world = World.before(plan)
    for operation in plan[:done]:
        world.swap(operation)
    stolen = data.draw(st.sampled_from(plan))
    foreign = Pointer("d", A, generation=99).encode() if stolen.target == POINTER else "somebody else's"
    world[stolen.target, stolen.key] = foreign
    found = recovery(plan, world.observe(plan))
    assert (found.course, found.foreign) == (Course.UNDO, (stolen,))
    assert stolen not in found.remaining
    for operation in found.remaining:
        world.swap(operation)
    expected = {**stables(World.before(plan)), **stables({(stolen.target, stolen.key): foreign})}
    assert stables(world) == expected
    assert world[stolen.target, stolen.key] == foreign


@given(plans())
def test_the_inverse_takes_the_steps_back_in_opposite_order(plan):
    world = World.before(plan)
    for operation in plan:
        world.swap(operation)
    back = inverse(plan)
    assert [(op.target, op.key) for op in back] == [(op.target, op.key) for op in reversed(plan)]
    for operation in back:
        world.swap(operation)
    assert stables(world) == stables(World.before(plan))


def test_an_undone_pointer_is_a_new_generation_so_that_the_old_plan_cannot_be_replayed():
    pointer = Pointer("d", A, generation=4)
    forward = move(pointer, B)
    (back,) = inverse((forward,))
    assert Pointer.decode(back.after) == Pointer("d", A, generation=6)
    assert standing(forward, back.after) is Standing.FOREIGN


def test_where_a_reference_stands():
    operation = Operation("lake", "main", "old", "new")
    assert [standing(operation, held) for held in ("old", "new", "other", "")] == [
        Standing.TO_DO, Standing.DONE, Standing.FOREIGN, Standing.FOREIGN,
    ]  # fmt: skip
    assert standing(Operation("lake", "main", "same", "same"), "same") is Standing.DONE


def test_recovery_wants_an_observation_for_each_operation():
    with pytest.raises(ValueError, match=r"argument 2|zip"):
        recovery((Operation("lake", "main", "old", "new"),), [])
