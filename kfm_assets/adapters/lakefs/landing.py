"""One effect on a branch, exactly once, and checked: how a merge or a revert lands on a branch that others move too.

lakeFS has no "only if the head is X", and a request whose answer was lost may have been carried out, or may still be.
So each attempt goes through a branch of its own, from which the server is asked to merge or revert. Where no answer
comes that branch is removed, after which the request can find nothing to act upon, and then the log says whether the
effect is there: every commit carries the id of the effect that it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice

from lakefs_sdk.models.branch_creation import BranchCreation
from lakefs_sdk.models.commit_overrides import CommitOverrides
from lakefs_sdk.models.merge import Merge
from lakefs_sdk.models.revert_creation import RevertCreation

from kfm_assets.adapters.lakefs.faults import Doubtful, ended, translated
from kfm_assets.adapters.lakefs.history import AT, BRANCH, ID, History, Record
from kfm_assets.domain.canonical import Digest
from kfm_assets.errors import Conflict, IntegrityError, KfmError, NoChanges, NotFound, Unavailable
from kfm_assets.ports import Commit

PASSING = "kfm-"
"""How the branches of this adapter's own begin; the port does not show them."""

_SETTLE_SECONDS = 0.2
"""How long a request that was under way when its branch was removed is given to end."""

_MOST_NEW = 1000

Fill = Callable[[str], None]
Act = Callable[[str, Mapping[str, str]], None]


class Landing:
    """Puts effects on branches."""

    def __init__(self, history: History) -> None:
        """Keep what commits are looked up with."""
        self._history, self._client = history, history.client

    def merge(self, into: str, message: str) -> Act:
        """Return the act that squash-merges the passing branch."""
        api, name = self._client.sdk.refs_api, self._client.repository

        def act(source: str, metadata: Mapping[str, str]) -> None:
            wish = Merge(
                message=message,
                metadata=dict(metadata),
                squash_merge=True,
                strategy=None,
                force=False,
                allow_empty=False,
            )
            api.merge_into_branch(name, source, into, merge=wish)

        return act

    def revert(self, branch: str, message: str) -> Act:
        """Return the act that reverts the commit at which the passing branch stands."""
        api, name = self._client.sdk.branches_api, self._client.repository

        def act(undone: str, metadata: Mapping[str, str]) -> None:
            words = CommitOverrides(message=message, metadata=dict(metadata))
            # 0: every commit has one parent here, as merges squash
            wish = RevertCreation(ref=undone, parent_number=0, commit_overrides=words, allow_empty=False)
            api.revert_branch(name, branch, wish)

        return act

    def land(
        self,
        into: str,
        head: Record,
        at: str,
        act: Act,
        metadata: Mapping[str, str],
        *,
        fill: Fill | None = None,
    ) -> Record:
        """Carry an act out once, from a passing branch at a commit, filled before; return the commit that it made.

        Raises:
            Conflict, NoChanges, NotFound: as the server says; nothing was done.
            Unavailable: when nobody can say whether it was done.
        """
        effect = self._history.clock.fresh()
        ours = {ID: effect, AT: self._history.clock.now().isoformat(), BRANCH: into}
        with ended():
            for attempt in self._client.attempts():
                with attempt:
                    try:
                        with self.passing(at) as branch:
                            if fill:
                                fill(branch)
                            with translated(f"change {into}"):
                                act(branch, {**metadata, **ours})
                    except Doubtful:
                        time.sleep(_SETTLE_SECONDS)
                        if found := self._find(into, head, effect):
                            return found
                        raise
        found = self._find(into, head, effect)
        if found is None:
            raise Conflict(f"{into} does not show a change that lakeFS said was made", advice="look at its log")
        return found

    @contextmanager
    def passing(self, at: str) -> Iterator[str]:
        """Make a branch for one attempt, and remove it. Raises Unavailable where that cannot be made sure."""
        name = f"{PASSING}{self._history.clock.fresh()}"
        api, repository = self._client.sdk.branches_api, self._client.repository
        self._client.write(
            f"make branch {name}",
            lambda: api.create_branch(repository, BranchCreation(name=name, source=at, hidden=True)),
            lambda: self._history.head_of(name),
        )
        try:
            yield name
        except Doubtful:
            self._remove(name)
            raise
        except BaseException:
            with suppress(Unavailable):
                self._remove(name)
            raise
        else:
            with suppress(Unavailable):  # what it was for is done; a collection removes it later
                self._remove(name)

    def _remove(self, name: str) -> None:
        """Remove a passing branch. Not tried again by whoever asked: a change could still land from it."""
        try:
            with suppress(NotFound):
                self._client.read(
                    f"remove branch {name}",
                    lambda: self._client.sdk.branches_api.delete_branch(self._client.repository, name),
                )
        except Unavailable as error:
            raise Unavailable(
                f"{error}; whether the change was made is not known", advice="see whether it is there, then run again"
            ) from error

    def _find(self, branch: str, since: Record, effect: str) -> Record | None:
        """Return the commit of an effect, among those that came onto a branch since it stood somewhere."""
        for record in islice(self._history.line(self._history.head(branch)), _MOST_NEW):
            if record.id == since.id:
                return None
            if record.metadata.get(ID) == effect:
                return record
        return None

    # --- checked

    def checked(
        self, into: str, head: Record, landed: Record, plan: Callable[[Record], Digest], *, strict: bool
    ) -> Commit:
        """Return a commit that landed, where it is what was planned; take it back where it is not.

        `plan` gives the tree that belongs on a parent. A branch that moved meanwhile is no harm, unless `strict`.

        Raises:
            Conflict: when the branch had moved, and it is not.
            IntegrityError: when it had not, and it is not.
        """
        parent = self._history.record(landed.parents[0])
        moved = parent.id != head.id
        if not (moved and strict):
            with suppress(Conflict, NoChanges):
                if self._history.root(landed) == plan(parent):
                    return self._history.commit(landed)
        self.undo(into, landed)
        if moved:
            raise Conflict(f"{into} moved meanwhile; the change was taken back", advice="plan again from where it is")
        raise IntegrityError(f"{into} held something else than was merged; it was taken back", advice="run again")

    def undo(self, branch: str, landed: Record) -> None:
        """Take back a change that should not have landed. Raises Conflict where that cannot be done."""
        message = f"Undo {landed.id}: {branch} had moved"
        try:
            self.land(branch, landed, landed.id, self.revert(branch, message), {})
        except KfmError as error:
            raise Conflict(
                f"{branch} moved, commit {landed.id} landed on it and could not be taken back: {error}",
                advice=f"revert {landed.id} on the server",
            ) from error
