"""Problems in words: each names the document, the field, what was found and what should be; a check is one finding."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from kfm_assets.domain.verdict import Finding, Outcome

_MOST_SHOWN = 5
_MOST_LETTERS = 160


def settled(check: str, problems: Iterable[str], holds: str, outcome: Outcome = Outcome.FAIL) -> Finding:
    """Return PASS with what holds where there is no problem; else the first problems, and how many more there are."""
    found = list(problems)
    if not found:
        return Finding(check, Outcome.PASS, holds)
    more = f"; and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
    return Finding(check, outcome, "; ".join(found[:_MOST_SHOWN]) + more)


def differ(document: str, field: str, expected: object, found: object) -> Iterator[str]:
    """Yield a problem where a field is not what it should be, and name the innermost that is not."""
    if found == expected and type(found) is type(expected):
        return
    if isinstance(expected, dict) and isinstance(found, dict):
        yield from sets_differ(document, field, expected, found)
        for key in expected.keys() & found.keys():
            yield from differ(document, f"{field}.{key}", expected[key], found[key])
    elif isinstance(expected, list) and isinstance(found, list) and _are_objects(expected, found):
        for at, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differ(document, f"{field}.{at}", one, other)
    else:
        yield f"{document}: {field} is {_short(found)}, not {_short(expected)}"


def sets_differ(document: str, field: str, expected: Collection[str], found: Collection[str]) -> Iterator[str]:
    """Yield a problem where several values are not those that they should be."""
    missing, added = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    if missing and added:
        yield f"{document}: {field} is {_some(added)}, not {_some(missing)}"
    elif missing:
        yield f"{document}: {field} lacks {_some(missing)}"
    elif added:
        yield f"{document}: {field} has {_some(added)}, which it should not"


def _are_objects(*lists: list[object]) -> bool:
    """Say whether lists are of one length, and hold objects alone."""
    return len({len(one) for one in lists}) == 1 and all(isinstance(item, dict) for one in lists for item in one)


def _some(values: list[str]) -> str:
    more = f" and {len(values) - 1} more" if len(values) > 1 else ""
    return f"{_short(values[0])}{more}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"
