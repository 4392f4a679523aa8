"""Plans: lists of compare-and-swaps over named references, what undoes them, and what is left of them to do.

A swap whose reference already holds `after` is a no-op; one whose reference holds neither is a Conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kfm_assets.domain.pointer import Pointer

POINTER = "pointer"
"""The target whose values are encoded pointers; every other target's values are opaque."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Move the reference `key` of `target` from `before` to `after`."""

    target: str
    key: str
    before: str
    after: str


Plan = tuple[Operation, ...]


class Standing(StrEnum):
    """Where a reference stands with regard to an operation."""

    TO_DO = "to do"
    DONE = "done"
    FOREIGN = "foreign"


def standing(operation: Operation, observed: str) -> Standing:
    """Compare what a reference holds with what an operation expects and wants."""
    if observed == operation.after:
        return Standing.DONE
    if observed == operation.before:
        return Standing.TO_DO
    return Standing.FOREIGN


def inverse(plan: Plan) -> Plan:
    """Return the plan that undoes an unfinished plan: last step first, and a pointer moves to a NEW generation."""
    return tuple(
        Operation(operation.target, operation.key, operation.after, _undone(operation)) for operation in reversed(plan)
    )


def _undone(operation: Operation) -> str:
    if operation.target != POINTER:
        return operation.before
    return Pointer.decode(operation.after).moved_to(Pointer.decode(operation.before).stable).encode()


class Course(StrEnum):
    """What recovery does with a plan that has an INTENT and neither DONE nor UNDONE."""

    FINISH = "finish"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Recovery:
    """The course to take, and the operations of it that are still to be done, in order."""

    course: Course
    remaining: Plan
    foreign: Plan


def recovery(plan: Plan, observed: Sequence[str]) -> Recovery:
    """Decide what to do with an unfinished plan, from what its references hold now.

    All that a plan names exists before its intent, so finishing is always possible unless somebody else moved a
    reference. Then what the plan did is undone where it still stands, and what it did not do is left alone.
    """
    standings = [standing(operation, value) for operation, value in zip(plan, observed, strict=True)]
    foreign = tuple(op for op, at in zip(plan, standings, strict=True) if at is Standing.FOREIGN)
    if foreign:
        done = tuple(op for op, at in zip(plan, standings, strict=True) if at is Standing.DONE)
        return Recovery(Course.UNDO, inverse(done), foreign)
    to_do = tuple(op for op, at in zip(plan, standings, strict=True) if at is Standing.TO_DO)
    return Recovery(Course.FINISH, to_do, ())
