"""What of a dataset's rows is watched for drift, and which changes of it were announced: plain data of a specification.

How the columns are cut into bins, counted and compared is in `kfm_assets.gates.drift`; by what measure, in the policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scale(StrEnum):
    """What kind of values a drift column has, which decides its bins."""

    CONTINUOUS = "continuous"
    CATEGORICAL = "categorical"
    CIRCULAR = "circular"
    SPATIAL = "spatial"


class Part(StrEnum):
    """What of an instant or a date is looked at."""

    HOUR = "hour"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class DriftColumn:
    """A distribution that is watched.

    `name` is what findings call it; it is that of `column` unless that is given. `part` takes the local hour (0 up to
    24) or month (1 to 12) of an instant. `bins` is how many bins numbers are cut into, at most; `zero` gives exact zero
    one of its own, for amounts that are never negative and often nothing. A circle is cut into `bins` equal sectors of
    `period`. `only` looks at the rows of one value of another column, (column, value), and `positive` at the rows whose
    own value is above zero: what such a column looks at may be few in any partition. A spatial column names places;
    `at` are the columns of longitude and latitude by which neighbours come to stand beside each other. What is not
    `seasonal` is compared as it is and not month by month. `why` says what its drift would tell.
    """

    name: str
    scale: Scale
    why: str
    column: str = ""
    part: Part | None = None
    bins: int = 8
    zero: bool = False
    period: int = 0
    only: tuple[str, str] | None = None
    positive: bool = False
    at: tuple[str, str] | None = None
    seasonal: bool = True

    @property
    def partial(self) -> bool:
        """Whether it looks at some of the rows alone."""
        return self.only is not None or self.positive

    @property
    def source(self) -> str:
        """The table's column that it is made from."""
        return self.column or self.name


@dataclass(frozen=True, slots=True)
class Practice:
    """A change of how the upstream collects or records, which is expected to change some distributions.

    From the partition `since` on, the named drift columns are compared with partitions since then alone. `rows` in
    `columns` is the number of rows. `source` is the public address of what says so.
    """

    since: str
    columns: tuple[str, ...]
    why: str
    source: str


ROWS = "rows"
"""How a practice names the number of rows."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What is watched of the rows of a dataset's main table.

    Months and hours are those of a clock `utc_offset_hours` from UTC: the local standard time. The number of rows is
    watched as well; where rows come at `regular` intervals, in each month by itself.
    """

    columns: tuple[DriftColumn, ...]
    practices: tuple[Practice, ...] = ()
    utc_offset_hours: int = 0
    regular: bool = False
