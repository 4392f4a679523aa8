"""Setting a repository up for the lake, and saying what is wrong with one that is there. Nothing here touches content.

Branch protection (https://docs.lakefs.io/howto/protect-branches/) forbids writes and commits to a branch; merges and
reverts are allowed, which is how this project changes one. The server takes some seconds until a new rule counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lakefs_sdk.models.branch_creation import BranchCreation
from lakefs_sdk.models.branch_protection_rule import BranchProtectionRule
from lakefs_sdk.models.repository import Repository
from lakefs_sdk.models.repository_creation import RepositoryCreation

from kfm_assets.adapters.lakefs.client import Client, Server
from kfm_assets.adapters.lakefs.protection import covers
from kfm_assets.errors import Conflict, InvalidPolicy, NotFound, UsageError
from kfm_assets.ports import PRODUCTION, STAGE

ENVIRONMENTS = (PRODUCTION, STAGE, "env-dev")
"""The branches that last: production, from which the others are made."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a repository needs: what it is, and whether it was made now or was there."""

    what: str
    made: bool


class Setup:
    """A repository, from the outside."""

    def __init__(self, server: Server) -> None:
        """Remember the server; the first request reaches it."""
        self._client = Client(server)
        self._name = server.repository

    def initialise(self, namespace: str = "", environments: tuple[str, ...] = ENVIRONMENTS) -> Iterator[Step]:
        """Make what is missing, in order; doing it again does nothing.

        Raises:
            UsageError: when the repository is to be made and it is not said where its bytes go.
            Conflict: when the storage namespace is another repository's.
            InvalidPolicy: when the repository is there and lies elsewhere, or the keys do not allow it.
        """
        found = self._repository()
        if found and namespace and _place(namespace) != _place(found.storage_namespace):
            raise InvalidPolicy(
                f"repository {self._name} lies in {found.storage_namespace}, not in {namespace}",
                advice="leave --storage-namespace out, or name another repository in KFM_LAKE: one cannot be moved",
            )
        if found is None:
            self._create(namespace or self._default_namespace())
        yield Step(f"repository {self._name}", made=found is None)
        for branch in environments:
            yield Step(f"branch {branch}", made=self._ensure_branch(branch, found))
        yield Step(f"protection of {', '.join(environments)}", made=self._ensure_protection(environments))

    def examine(self) -> tuple[str, list[str]]:
        """Return what is there, in one line, and what is wrong with it, each with what to do.

        Raises:
            Unavailable, InvalidPolicy: when the server cannot be asked.
        """
        config = self._client.read("ask for the version", self._client.sdk.config_api.get_config)
        version = config.version_config.version if config.version_config else "of unknown version"
        seen = f"lakeFS {version}, repository {self._name}"
        found = self._repository()
        if found is None:
            return seen, [f"there is no repository {self._name}; `kfm lake init` makes it"]
        wrong = ["the repository is read-only; make it writable on the server"] if found.read_only else []
        there = {row["id"] for row in self._client.references("branches")}
        protected = self._client.protected()
        for branch in ENVIRONMENTS:
            if branch not in there:
                wrong.append(f"there is no branch {branch}; `kfm lake init` makes it")
            elif not covers(protected, branch):
                wrong.append(f"branch {branch} is not protected; `kfm lake init` protects it")
        return f"{seen} in {found.storage_namespace}", wrong

    def remove(self) -> None:
        """Remove the repository's name and history from the server; its bytes stay in its storage namespace."""
        self._client.read(
            "remove the repository", lambda: self._client.sdk.repositories_api.delete_repository(self._name)
        )

    def _repository(self) -> Repository | None:
        try:
            return self._client.read(
                "look at the repository", lambda: self._client.sdk.repositories_api.get_repository(self._name)
            )
        except NotFound:
            return None

    def _create(self, namespace: str) -> None:
        try:
            wish = RepositoryCreation(
                name=self._name,
                storage_namespace=namespace,
                default_branch=PRODUCTION,
                storage_id=None,
                sample_data=False,
                read_only=False,
            )
        except ValueError:
            raise UsageError(
                f"{namespace!r} is no storage namespace", advice="write it as in s3://bucket/folder"
            ) from None
        api = self._client.sdk.repositories_api
        try:
            self._client.write("make the repository", lambda: api.create_repository(wish), self._repository)
        except (Conflict, UsageError) as error:
            if "in use" not in str(error):
                raise
            raise Conflict(
                f"{namespace} is another repository's, or was", advice="name another --storage-namespace"
            ) from error

    def _default_namespace(self) -> str:
        """Return the place below which this server would put a repository's bytes by itself, if it has one."""
        config = self._client.read("ask for the storage", self._client.sdk.config_api.get_config)
        prefix = config.storage_config.default_namespace_prefix if config.storage_config else None
        if not prefix:
            raise UsageError(
                "the server has no default place for a repository's bytes",
                advice="name one with --storage-namespace, as in s3://bucket/folder",
            )
        return f"{prefix}{'' if prefix.endswith('/') else '/'}{self._name}"

    def _ensure_branch(self, branch: str, repository: Repository | None) -> bool:
        api = self._client.sdk.branches_api

        def there() -> str | None:
            try:
                return str(self._client.read(f"look up {branch}", lambda: api.get_branch(self._name, branch)).commit_id)
            except NotFound:
                return None

        if there():
            return False
        source = PRODUCTION if branch != PRODUCTION else (repository.default_branch if repository else PRODUCTION)
        wish = BranchCreation(name=branch, source=source, hidden=False)
        self._client.write(f"make branch {branch}", lambda: str(api.create_branch(self._name, wish)), there)
        return True

    def _ensure_protection(self, environments: tuple[str, ...]) -> bool:
        """Add the rules that are missing to those that are there."""
        patterns = self._client.protected()
        missing = {branch for branch in environments if not covers(patterns, branch)}
        if not missing:
            return False
        rules = [BranchProtectionRule(pattern=pattern) for pattern in sorted(patterns | missing)]
        api = self._client.sdk.repositories_api
        self._client.read("protect branches", lambda: api.set_branch_protection_rules(self._name, rules))
        return True


def _place(namespace: str) -> str:
    return namespace.rstrip("/")
