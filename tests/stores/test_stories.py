"""Every story of stored facts is told to a server, over gRPC, with each store that several processes share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from pdp.core.stores import FactFilter, FactStore, Page, Write, Written
from pdp.settings import Settings
from pdp.wiring.deciding import decision_point
from pdp.wiring.folders import Policies, load_policies
from pdp_adapters.memory_facts import MemoryFacts
from tests.builders import POLICIES, read, the_words
from tests.stores import gathering_laws as laws
from tests.stores import twins
from tests.stores.story import Story, Telling, stories
from tests.stores.writing import write
from tests.system.running import connected, running

pytestmark = pytest.mark.system

FEWEST = 30


class KeepsTheFirst(twins.Twin):
    """A fact that is stored is not replaced, and is acknowledged as if it were."""

    def __init__(self, real: FactStore) -> None:
        super().__init__(real)
        self.asked_for: tuple[str, ...] = ()

    def asked(self, write: Write) -> Write:
        self.asked_for = tuple(each.fact.id for each in write.facts)
        held = {fact.id for fact in self.real.read(self.operator, FactFilter(), Page(100)).facts}
        return replace(write, facts=tuple(each for each in write.facts if each.fact.id not in held))

    def answered(self, written: Written) -> Written:
        return replace(written, ids=self.asked_for)

    @contextmanager
    def writing(self, operator: str, *, first: bool = False) -> Iterator[twins.TwinWriting]:
        self.operator = operator
        with super().writing(operator, first=first) as writing:
            yield writing


@pytest.fixture(scope="session")
def policies() -> Policies:
    """Return the policies of this repository."""
    return load_policies(POLICIES, the_words())


def told(story: Story, store: FactStore, policies: Policies) -> int:
    """Tell *story* to a server over *store*, which holds what the story begins with; return how often it was asked."""
    held = laws.as_stored(read(story.at_first).facts, story.operator)
    write(store, *held, operator=story.operator)
    point = decision_point(Settings(decision_log="none", store="memory:"), policies, store)
    with running(point, the_words(), facts=store) as server, connected(server.address) as channel:
        telling = Telling(story, channel, {name: fact.id for name, fact in zip(story.stored, held, strict=True)})
        telling.tell()
    return telling.checks


@pytest.mark.parametrize("store_kind", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("story", stories(), ids=lambda story: f"{story.operator}: {story.name}")
def test_the_story_comes_out_as_it_says(story: Story, new_store: Callable[[], FactStore], policies: Policies) -> None:
    """Each write, revocation and check of the story is answered as it says."""
    assert told(story, new_store(), policies) > 1


def test_there_are_stories_of_every_operator() -> None:
    """Each of the five operators has several, and together they are as many as were asked for."""
    told_of = [story.operator for story in stories()]

    assert len(told_of) >= FEWEST
    assert all(told_of.count(operator) >= 5 for operator in laws.OPERATORS)


_CAUGHT = (
    (twins.LosesDeletions, "the-aunt-is-let-in-and-out"),
    (twins.ReadsAnOldSnapshot, "a-child-moves-class"),
    (twins.ReadsAnOldSnapshot, "a-consent-given-again-after-withdrawal"),
    (twins.ForgetsRequestIds, "a-write-that-is-sent-twice"),
    (KeepsTheFirst, "a-ticket-closed-then-open-again"),
    (KeepsTheFirst, "an-order-is-cancelled"),
)


@pytest.mark.parametrize(("twin", "name"), _CAUGHT, ids=lambda part: getattr(part, "__name__", part))
def test_a_broken_store_spoils_the_story(twin: type[twins.Twin], name: str, policies: Policies) -> None:
    """A store that forgets, or that remembers too well, is noticed by a caller; the same store whole is not."""
    (story,) = (each for each in stories() if each.name == name)

    assert told(story, twins.Twin(MemoryFacts()), policies) > 1
    with pytest.raises(AssertionError, match=f"{name}, step"):
        told(story, twin(MemoryFacts()), policies)
