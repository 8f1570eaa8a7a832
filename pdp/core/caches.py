"""What is kept so that it need not be read or decided again, and what a cache owes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from pdp.core.decision import Decision
from pdp.core.ends import Slots
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency, Request
from pdp.core.text import Text
from pdp.core.wanted import Wanted

Content = tuple[object, ...]
"""Everything that an entry depends on, as nested tuples in which every value stands beside its type."""


NOT_KEPT: Final[tuple[tuple[str, Text], ...]] = (
    (
        "decisions-shared",
        Text(
            vi="quyết định không được để trong Redis: quyết định lại từ dữ kiện đã lưu tốn ít hơn một lần hỏi Redis",
            en="decisions are not put in Redis: deciding anew about facts that are kept costs less than asking Redis",
        ),
    ),
    (
        "own-time",
        Text(
            vi="câu hỏi mang thời điểm riêng luôn được quyết định lại, từ dữ kiện đã lưu",
            en="a request that brings its own time is decided anew, about facts that are kept",
        ),
    ),
    (
        "past",
        Text(
            vi="dữ kiện của quá khứ (`as_of`) luôn được đọc từ kho",
            en="facts of the past (`as_of`) are read from the store",
        ),
    ),
)
"""What is never kept, and why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a store: in which *life* of counting, at which *revision*, looking at which ends.

    INVARIANT (life first): *life* was asked for before the facts were read, and *revision* read together with them.
    """

    stored: StoredFacts
    life: str
    revision: int
    slots: Slots


class SharedReadings(Protocol):
    """Readings that several processes share. What comes back is checked to be what somebody who may has put there."""

    def get(self, operator: str, content: Content) -> Reading | None:
        """Return the reading of *content*, None on a miss; must not raise, and not wait for longer than 35 ms."""

    def put(self, operator: str, content: Content, reading: Reading) -> None:
        """Keep *reading*, or not; must not raise, and not wait for longer than 35 ms."""

    def counted(self) -> Mapping[str, int]:
        """Return how often what happened, by name."""

    @property
    def name(self) -> str:
        """Return what it is, "" when there is none."""

    def close(self) -> None:
        """Let go of its connections."""


class NothingShared:
    """Processes share nothing."""

    name: Final = ""

    def get(self, operator: str, content: Content) -> Reading | None:
        """Return None."""

    def put(self, operator: str, content: Content, reading: Reading) -> None:
        """Keep nothing."""

    def counted(self) -> Mapping[str, int]:
        """Return no counts."""
        return {}

    def close(self) -> None:
        """Do nothing."""


class Pinned(Protocol):
    """What is at hand as of one state of the store, for several questions that are answered together."""

    def facts(self, operator: str, wanted: Wanted) -> StoredFacts | None:
        """Return what gathering would return as of that state, None where it is not at hand."""

    def decision(self, request: Request, policy: str, now: datetime) -> Decision | None:
        """Return the answer to *request* as of that state, as Cache.decision does."""

    def taken(self) -> None:
        """Note that what was at hand is answered with."""


class Cache(Protocol):
    """What a decision point need not ask its store for; but for `begin` and `end` it waits for nothing."""

    def begin(self) -> None:
        """Learn, in this process, where the store stands, so that things can be kept; may wait for a second."""

    def end(self) -> None:
        """Keep and give out nothing any more; may wait for a second."""

    @property
    def keeps(self) -> bool:
        """Say whether it ever keeps anything."""

    def facts(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts | None:
        """Return what gathering would return, None where that is not at hand."""

    def pinned(self, consistency: Consistency, at_least: int = 0) -> Pinned | None:
        """Return what is at hand as of one state, of the revision *at_least* or a later one; None where nothing is.

        With *at_least* it may wait for a hundredth of a second until such a state is known.
        """

    def keep_facts(
        self, operator: str, wanted: Sequence[Wanted], parts: Sequence[StoredFacts]
    ) -> Sequence[StoredFacts]:
        """Keep, for each of several questions, its part of what was gathered for all of them, where it may be kept.

        Returns the parts, each with the ends that it alone looked at.
        """

    def decision(self, request: Request, policy: str, now: datetime) -> Decision | None:
        """Return the answer to *request* under the policy set *policy*, None where it is not at hand.

        It is the answer that would be given now, but for its ids and its mark that it comes from here.
        """

    def keep(self, request: Request, policy: str, decision: Decision, stored: StoredFacts, at: datetime) -> None:
        """Keep the answer to *request*, decided about *stored* for the instant *at*, if it may be kept."""

    def counted(self) -> Mapping[str, int]:
        """Return how often what happened, by name."""

    @property
    def shared(self) -> str:
        """Return what of it processes share, "" when they share nothing."""


class NothingKept:
    """A cache without anything in it: every question is answered anew."""

    keeps: Final = False

    def begin(self) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""

    def facts(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts | None:
        """Return None."""

    def pinned(self, consistency: Consistency, at_least: int = 0) -> Pinned | None:
        """Return None."""

    def keep_facts(
        self, operator: str, wanted: Sequence[Wanted], parts: Sequence[StoredFacts]
    ) -> Sequence[StoredFacts]:
        """Keep nothing."""
        return parts

    def decision(self, request: Request, policy: str, now: datetime) -> Decision | None:
        """Return None."""

    def keep(self, request: Request, policy: str, decision: Decision, stored: StoredFacts, at: datetime) -> None:
        """Keep nothing."""

    def counted(self) -> Mapping[str, int]:
        """Return no counts."""
        return {}

    @property
    def shared(self) -> str:
        """Return ""."""
        return ""


NOTHING_KEPT: Final = NothingKept()
