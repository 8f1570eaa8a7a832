"""When a difference is met is told as asking every request shows it; the long run is in `told_pairs`."""

from collections.abc import Iterator

import pytest

from pdp.analysis.allowed_by import Parts
from pdp.analysis.changes import Difference
from pdp.analysis.kinds import Kind
from pdp.analysis.told_when import ToldWhen
from pdp.analysis.when import Clue, When
from pdp.core.role_holding import DATA_SUBJECT
from pdp.policy_set import Asked
from tests.properties.told_pairs import untold


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_told_is_so(seed: int) -> None:
    """Each alternative is enough, and where they are all that there is, one of them is met wherever it differs."""
    assert untold(seed) is None


class _ByDataSubjectAlone(ToldWhen):
    """Tells the same of all roles that the data subject does not set apart."""

    def told_by(self, difference: Difference) -> object:
        return difference.kind, difference.about, DATA_SUBJECT in difference.asked[0]


class _LeavesOut(ToldWhen):
    """Leaves out the last of what has to be met."""

    def when(self, difference: Difference) -> When:
        told = super().when(difference)
        return When(tuple(clues[:-1] for clues in told.alternatives), told.complete)


class _NothingKeptBack(ToldWhen):
    """Says nothing of narrower categories."""

    def _beside(self, kind: Kind, asked: Asked, parts: Parts) -> Iterator[Clue]:
        return iter(())


@pytest.mark.parametrize(
    ("twin", "seeds"), [(_ByDataSubjectAlone, [5_000_001]), (_LeavesOut, range(2)), (_NothingKeptBack, range(20))]
)
def test_twins_are_found_out(twin: type[ToldWhen], seeds: list[int]) -> None:
    """By one of the pairs."""
    assert any(untold(seed, twin) for seed in seeds)
