"""Setting a repository up, again and again, and what is found wrong with one."""

from __future__ import annotations

import pytest
from lakefs_sdk.models.branch_protection_rule import BranchProtectionRule

from kfm_assets.adapters.lakefs.repository import ENVIRONMENTS, Setup
from kfm_assets.errors import Conflict, InvalidPolicy, UsageError
from kfm_assets.ports import PRODUCTION


def made(setup: Setup, *environments: str) -> list[str]:
    return [step.what.partition(" of ")[0] for step in setup.initialise("", environments or ENVIRONMENTS) if step.made]


def test_a_repository_is_set_up_once(setup: Setup) -> None:
    _, wrong = setup.examine()
    assert len(wrong) == 1
    assert "there is no repository" in wrong[0]
    assert made(setup) == [f"repository {setup._name}", "branch env-stage", "branch env-dev", "protection"]
    assert made(setup) == []
    seen, wrong = setup.examine()
    assert wrong == []
    assert "lakeFS 1." in seen


def test_what_is_missing_is_named_and_made(setup: Setup) -> None:
    made(setup, PRODUCTION)
    _, wrong = setup.examine()
    assert [line.partition(";")[0] for line in wrong] == ["there is no branch env-stage", "there is no branch env-dev"]
    api = setup._client.sdk.repositories_api
    api.set_branch_protection_rules(setup._name, [BranchProtectionRule(pattern="somebody-elses")])
    _, wrong = setup.examine()
    assert wrong[0].startswith(f"branch {PRODUCTION} is not protected")
    assert made(setup) == ["branch env-stage", "branch env-dev", "protection"]
    assert setup.examine()[1] == []
    assert "somebody-elses" in setup._client.protected()


def test_a_namespace_is_a_place(setup: Setup) -> None:
    with pytest.raises(UsageError):
        list(setup.initialise("not a place"))
    list(setup.initialise())


def test_a_repository_that_is_there_lies_where_it_lies(setup: Setup) -> None:
    made(setup)
    place = f"local://{setup._name}"
    with pytest.raises(InvalidPolicy, match=f"lies in {place}, not in local://elsewhere"):
        list(setup.initialise("local://elsewhere"))
    assert not any(step.made for step in setup.initialise(f"{place}/"))


def test_a_namespace_in_use_is_another_repositorys(setup: Setup) -> None:
    name = setup._name
    made(setup, PRODUCTION)
    setup._name = f"{name}-again"
    with pytest.raises(Conflict, match="is another repository's") as raised:
        list(setup.initialise(f"local://{name}"))
    assert "--storage-namespace" in raised.value.advice
    setup._name = name
