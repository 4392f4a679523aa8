"""Which datasets and partitions a person means: `1975`, `1975..1980`, `2015-08..2016-02`, and lists of those."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from kfm_assets.datasets.registry import DATASETS, specification
from kfm_assets.domain.dataset import Dataset, Grain
from kfm_assets.errors import UsageError

_FORMS = {Grain.STATIC: r"static", Grain.YEAR: r"\d{4}", Grain.MONTH: r"\d{4}-(0[1-9]|1[0-2])"}
_SPOKEN = {
    Grain.STATIC: "has one partition, `static`",
    Grain.YEAR: "is cut by year, as in 1975 or 1975..1980",
    Grain.MONTH: "is cut by month, as in 2015-08 or 2015-08..2016-02",
}
_MONTHS = 12


def parse(text: str | None, dataset: Dataset) -> tuple[str, ...] | None:
    """Return the partitions that a text names, sorted, each once; None for None, which is all of them.

    Raises:
        UsageError: where the text is no list of partitions and ranges of the dataset's grain.
        NotFound: for a partition that the dataset cannot have, because it lies before its first or in the future.
    """
    from kfm_assets.adapters.sources.periods import demand

    if text is None:
        return None
    now, names = datetime.now(UTC), set[str]()
    for part in text.split(","):
        first, dots, last = (word.strip() for word in part.partition(".."))
        ends = (first, last) if dots else (first, first)
        if not all(re.fullmatch(_FORMS[dataset.partitions.grain], end, re.ASCII) for end in ends):
            raise _wrong(dataset, part)
        if ends[0] > ends[1]:
            raise UsageError(f"{part.strip()!r} ends before it begins", advice=f"write {ends[1]}..{ends[0]}")
        demand(dataset, ends, now)
        names |= set(_between(*ends))
    return tuple(sorted(names))


def fits(text: str, dataset: Dataset) -> bool:
    """Say whether the text speaks of partitions of the dataset's grain at all."""
    words = re.split(r",|\.\.", text)
    return all(re.fullmatch(_FORMS[dataset.partitions.grain], word.strip(), re.ASCII) for word in words)


def _wrong(dataset: Dataset, part: str) -> UsageError:
    return UsageError(
        f"{part.strip()!r} is no partition of {dataset.key}", advice=f"it {_SPOKEN[dataset.partitions.grain]}"
    )


def _between(first: str, last: str) -> Iterator[str]:
    """Yield the periods from one to another."""
    if "-" in first:
        numbers = (int(end[:4]) * _MONTHS + int(end[5:]) - 1 for end in (first, last))
        for number in range(next(numbers), next(numbers) + 1):
            yield f"{number // _MONTHS:04}-{number % _MONTHS + 1:02}"
    elif first.isdigit():
        yield from (f"{year:04}" for year in range(int(first), int(last) + 1))
    else:
        yield first


def _known(
    _context: click.Context, _parameter: click.Parameter, value: str | tuple[str, ...] | None
) -> str | tuple[str, ...] | None:
    """See that the registry has each of these. Raises NotFound."""
    for key in (value,) if isinstance(value, str) else value or ():
        specification(key)
    return value


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [key for key in DATASETS if key.startswith(incomplete)]


dataset_argument = click.argument("dataset", callback=_known, shell_complete=_complete)
any_dataset_argument = click.argument("dataset", required=False, callback=_known, shell_complete=_complete)
datasets_argument = click.argument(
    "datasets", metavar="[DATASET]...", nargs=-1, callback=_known, shell_complete=_complete
)

partitions_option = click.option(
    "--partitions", metavar="LIST", help="Which ones, as in 1975..1980 or 2015-08,2015-10; all by default."
)
