"""How long an operation takes: drawn from the quantiles of real ones in data/durations.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_TABLE = Path(__file__).parent / "data" / "durations.csv"
_RARE = 0.97
_FASTEST = 0.4


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Seconds at the minimum, the median, the 90th percentile and the maximum."""

    minimum: float
    median: float
    p90: float
    maximum: float

    def at(self, share: float) -> float:
        """Interpolate between the quantiles; only the rarest draws pass the 90th percentile."""
        if share <= 0.5:  # noqa: PLR2004 - the median
            return _between(self.minimum, self.median, share / 0.5)
        if share <= _RARE:
            return _between(self.median, self.p90, (share - 0.5) / (_RARE - 0.5))
        return _between(self.p90, self.maximum, (share - _RARE) / (1 - _RARE))


class Durations:
    """The table, read once."""

    def __init__(self, table: Path = _TABLE) -> None:
        with table.open(newline="", encoding="utf-8") as file:
            self._rows = {(row["type"].lower(), row["method"]): _quantiles(row) for row in csv.DictReader(file)}

    def draw(self, row: str, verb: str, random: Random, *, at_least: float = 0.0) -> float:
        """Draw simulated seconds; `at_least` (0..1) leaves out the lower part of the row.

        A verb without a row of its own borrows that of PUT; a type without rows takes a few seconds.
        """
        quantiles = self._rows.get((row.lower(), verb)) or self._rows.get((row.lower(), "PUT"))
        if quantiles is None:
            quantiles = Quantiles(1, 5, 10, 30)
        return max(_FASTEST, quantiles.at(at_least + (1 - at_least) * random.random()))


def _quantiles(row: dict[str, str]) -> Quantiles:
    return Quantiles(*(float(row[column] or 0) for column in ("min_s", "median_s", "p90_s", "max_s")))


def _between(low: float, high: float, share: float) -> float:
    return low + (high - low) * share
