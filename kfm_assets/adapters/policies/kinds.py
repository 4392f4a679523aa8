"""The kinds of threshold that a policy file may hold. Each has a value, a unit and a reason, and nothing else.

Which thresholds there are, by gate, stands in `document`. A quantity is a decimal in quotes: YAML would read 0.1 as a
binary fraction, which a policy's digest cannot cover.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

H = TypeVar("H", bound=Hashable)
R = TypeVar("R", bound=str)


def _bounded(problem: str, most: int | None = None) -> Callable[[str], str]:
    """Return what takes a decimal from 0 to `most`, written out: no exponent, no spaces, ASCII digits."""

    def check(text: str) -> str:
        unsigned = text.removeprefix("-")
        whole, dot, fraction = unsigned.partition(".")
        digits = whole.isdecimal() and (fraction.isdecimal() if dot else True)
        if unsigned in {"NaN", "Infinity"}:
            raise ValueError(problem)
        if not (text.isascii() and digits):
            raise ValueError("write a decimal in quotes, such as '5' or '0.5'")
        if text.startswith("-") or (most is not None and Decimal(text) > most):
            raise ValueError(problem)
        return text

    return check


def _whole_number(text: str) -> str:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError("write a whole number in quotes, such as '1'")
    return text


def once(values: tuple[H, ...]) -> tuple[H, ...]:
    """Take values of which none stands there twice. Raises ValueError, as pydantic wants it."""
    if len(set(values)) < len(values):
        raise ValueError("name each one once")
    return values


Reason = Annotated[str, Field(min_length=1)]
Word = Annotated[str, Field(pattern=r"^\S+$")]


class Strict(BaseModel):
    """Keys and values of which none is unknown and none changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_DECIMAL = Field(json_schema_extra={"pattern": r"^[0-9]+(\.[0-9]+)?$"})
_WHOLE = Field(json_schema_extra={"pattern": r"^[0-9]+$"})
"""What the JSON Schema says of a quantity; what is wrong with one, the validators say in words."""


class Percentage(Strict):
    """A share of a hundred, from 0 to 100: its value, what it is a share of, and why it is what it is."""

    value: Annotated[str, AfterValidator(_bounded("write a percentage from 0 to 100", 100)), _DECIMAL]
    unit: Annotated[str, Field(pattern=r"^percent\b")]
    why: Reason


class Share(Strict):
    """A share of one, from 0 to 1: its value, what it is a share of, and why it is what it is."""

    value: Annotated[str, AfterValidator(_bounded("write a share from 0 to 1", 1)), _DECIMAL]
    unit: Reason
    why: Reason


class Number(Strict):
    """A decimal from 0 upwards, in a unit that is said in words (`nats`, `standard deviations`, `USD`)."""

    value: Annotated[str, AfterValidator(_bounded("write a number from 0 upwards")), _DECIMAL]
    unit: Reason
    why: Reason


class Count(Strict):
    """A whole number from 0 upwards, and of what (`earlier years`, `rows`, `bins`)."""

    value: Annotated[str, AfterValidator(_whole_number), _WHOLE]
    unit: Reason
    why: Reason


class Rows(Count):
    """A number of rows, and why it is what it is."""

    unit: Annotated[str, Field(pattern=r"^rows\b")]


class Days(Strict):
    """A number of days, and why it is what it is."""

    value: Annotated[int, Field(strict=True, ge=1)]
    unit: Literal["days"] = "days"
    why: Reason


class Hours(Strict):
    """A number of hours, and why it is what it is."""

    value: Annotated[int, Field(strict=True, ge=0)]
    unit: Literal["hours"] = "hours"
    why: Reason


class Rule(Strict, Generic[R]):
    """A rule by its name, of those that a gate knows: `Rule[Literal["accept_first", "refuse"]]`."""

    value: R
    unit: Literal["rule"] = "rule"
    why: Reason


class Names(Strict):
    """Words without spaces, each once, and what they name (`columns`); there may be none.

    A policy holds them as one text, parted by single spaces: `Policy.words` gives them back.
    """

    value: Annotated[tuple[Word, ...], AfterValidator(once)]
    unit: Reason
    why: Reason


Threshold = Percentage | Share | Number | Count | Rule[str] | Names
"""What a class of thresholds for one gate may have as a field, there or None."""


def written(threshold: Threshold) -> str:
    """Return a threshold's value as a policy holds it."""
    return " ".join(threshold.value) if isinstance(threshold, Names) else threshold.value
