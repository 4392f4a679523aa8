"""The targets of a plan: how each kind of reference is observed and swapped. A new store is one line in `targets`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.journal import Intent
from kfm_assets.domain.operation import POINTER, Operation, Standing, standing
from kfm_assets.domain.pointer import Pointer
from kfm_assets.engine import record
from kfm_assets.errors import Conflict, NoChanges, NotFound
from kfm_assets.ports import PRODUCTION, STAGE, References, System

LAKE = "lake"
"""The target whose keys are datasets, and whose values are content digests of their prefix on the production branch."""

HEAD = "head"
"""The target whose keys are branches, and whose values are commits: for breaking glass alone."""

REHEARSED = "stage"
"""As LAKE, on the branch of the stage environment."""


def targets(system: System, intent: Intent) -> Mapping[str, References]:
    """Return every target that a plan can name."""
    return {
        LAKE: _LakePrefix(system, intent, PRODUCTION),
        REHEARSED: _LakePrefix(system, intent, STAGE),
        HEAD: _BranchHead(system),
        POINTER: _PointerRow(system),
    }


def audit_branch(txn: str) -> str:
    """Return the name of the branch on which a transaction's state of production is audited."""
    return f"audit-{txn}"


class _PointerRow:
    """A dataset's pointer."""

    def __init__(self, system: System) -> None:
        self._state = system.state

    def observe(self, key: str) -> str:
        return self._state.pointer(key).encode()

    def swap(self, operation: Operation) -> None:
        self._state.swap_pointer(operation)


class _BranchHead:
    """A branch of the lake, history and all."""

    def __init__(self, system: System) -> None:
        self._lake = system.lake

    def observe(self, key: str) -> str:
        return self._lake.resolve(key).id

    def swap(self, operation: Operation) -> None:
        if standing(operation, self.observe(operation.key)) is not Standing.DONE:
            self._lake.reset(operation.key, operation.after, before=operation.before)


class _LakePrefix:
    """A dataset's prefix on an environment's branch. Its content comes from the tag of the release that has it."""

    def __init__(self, system: System, intent: Intent, branch: str) -> None:
        self._system, self._intent, self._environment = system, intent, branch

    def observe(self, key: str) -> str:
        return self._system.lake.tree(self._environment, key)

    def swap(self, operation: Operation) -> None:
        lake, key = self._system.lake, operation.key
        head = lake.resolve(self._environment)
        at = standing(operation, lake.tree(head.id, key))
        if at is Standing.DONE:
            return
        if at is Standing.FOREIGN:
            raise Conflict(
                f"{key} on {self._environment} is neither what the plan expected nor what it wants",
                advice="`kfm status` shows the incident; `kfm verify` says what is there",
            )
        branch, staged = self._staged(operation, head.id)
        metadata = {"txn": self._intent.txn, "dataset": key, "release": self._intent.target}
        merged = lake.squash_merge(branch, self._environment, self._message(), metadata, parent=head.id)
        if merged.parents != (head.id,) or merged.tree != staged:
            lake.revert(
                self._environment,
                merged.id,
                f"Undo {self._intent.txn}: not what was audited",
                {"txn": self._intent.txn},
            )
            raise Conflict(
                f"{self._environment} moved while {key} was merged; the merge was reverted", advice="run again"
            )

    def _message(self) -> str:
        return f"{self._intent.action.value.capitalize()} of {self._intent.dataset} ({self._intent.txn})"

    def _staged(self, operation: Operation, head: str) -> tuple[str, str]:
        """Return the audit branch on top of this head, and its tree; made anew unless it stands there already."""
        lake, branch = self._system.lake, audit_branch(self._intent.txn)
        with suppress(NotFound):
            found = lake.resolve(branch)
            if found.parents == (head,) and lake.tree(branch, operation.key) == operation.after:
                return branch, found.tree
            lake.delete_branch(branch)
        lake.create_branch(branch, head)
        with lake.stage(branch) as staging, suppress(NoChanges):
            source = self._holder(operation)
            if source:
                staging.restore(source, operation.key)
            else:
                staging.remove(operation.key)
            staging.commit(self._message(), {"txn": self._intent.txn})
        return branch, lake.resolve(branch).tree

    def _holder(self, operation: Operation) -> str:
        """Return the tag at which the dataset's prefix is what the operation wants; empty where nothing is wanted."""
        for release in (self._intent.target, self._intent.source):
            if release and self._tree_at(release, operation.key) == operation.after:
                return record.tag(release)
        if self._intent.source is None and operation.after == self._nothing():
            return ""
        raise Conflict(f"no release of {operation.key} has the content {operation.after}", advice="`kfm verify --all`")

    def _tree_at(self, release: Digest, key: str) -> str:
        with suppress(NotFound):
            return self._system.lake.tree(record.tag(release), key)
        return ""

    def _nothing(self) -> str:
        """Return what an absent prefix is digested as."""
        return self._system.lake.tree(self._environment, "nothing-lies-here")


def pointer_operation(pointer: Pointer, stable: Digest) -> Operation:
    """Return the swap that moves a pointer to another release."""
    return Operation(POINTER, pointer.dataset, pointer.encode(), pointer.moved_to(stable).encode())
