"""Which consent counts for a request (contract, section 2, "Consent")."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from pdp.core.containment import Containers
from pdp.core.entity import Entity, same
from pdp.core.facts import Consent, Fact
from pdp.core.policy import ANY_WORD, Hierarchies
from pdp.core.value import value
from pdp.core.vocabulary import WordKind

GIVEN: Final = "given"
STOPPING: Final = frozenset({"withdrawn", "refused"})
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


@value
class Wish:
    """What a consent would have to cover: data of *category* about *person*, for *purpose*, to *recipient*.

    *recipient* None: everybody (data that is published).
    """

    person: Entity
    purpose: str
    category: str
    recipient: Entity | None


class ConsentJudge:
    """Judges consents at one instant."""

    def __init__(
        self, facts: Iterable[Fact], instant: datetime, containers: Containers, hierarchies: Hierarchies
    ) -> None:
        self._consents = tuple(
            (fact, fact.kind) for fact in facts if isinstance(fact.kind, Consent) and fact.in_force(instant)
        )
        self._containers = containers
        self._hierarchies = hierarchies

    def effective(self, wish: Wish, is_entitled: Callable[[Entity], bool]) -> tuple[Fact, ...]:
        """Return the consents in force that cover *wish*; none when anybody entitled refused or withdrew a part of it.

        *is_entitled* says whose word counts. Of one giver's facts the latest `valid_from` is heard; at the same instant
        the refusal; a refusal that does not say since when is always heard. Between several givers the refusal wins.
        """
        words = self._last_words(wish, is_entitled)
        if any(consent.status in STOPPING for _, consent in words):
            return ()
        return tuple(fact for fact, _ in words)

    def refusals(self, wish: Wish, is_entitled: Callable[[Entity], bool]) -> tuple[Fact, ...]:
        """Return the refusals and withdrawals in force that touch *wish*, each the last word of its giver."""
        return tuple(fact for fact, consent in self._last_words(wish, is_entitled) if consent.status in STOPPING)

    def _last_words(self, wish: Wish, is_entitled: Callable[[Entity], bool]) -> list[tuple[Fact, Consent]]:
        heard: dict[Entity, list[tuple[Fact, Consent]]] = {}
        for fact, consent in self._consents:
            concerned = same(consent.data_subject, wish.person) and self._concerns(consent, wish)
            if concerned and is_entitled(consent.given_by):
                heard.setdefault(consent.given_by, []).append((fact, consent))
        return [word for said in heard.values() for word in (_last(said) if len(said) > 1 else said)]

    def _concerns(self, consent: Consent, wish: Wish) -> bool:
        if consent.status == GIVEN:
            return self._covers(consent, wish)
        return consent.status in STOPPING and self._touches(consent, wish)

    def _covers(self, consent: Consent, wish: Wish) -> bool:
        """Say whether every part of *wish* equals, or lies in, what *consent* names."""
        words = self._hierarchies
        return (
            not words.purposes.get(wish.purpose, ANY_WORD).isdisjoint(consent.purposes)
            and not words.categories.get(wish.category, ANY_WORD).isdisjoint(consent.categories)
            and (
                consent.recipient is None
                or (wish.recipient is not None and self._lies_in(wish.recipient, consent.recipient))
            )
        )

    def _touches(self, consent: Consent, wish: Wish) -> bool:
        """Say whether *consent* names any part of *wish*; an empty list names everything."""
        return (
            self._overlaps(WordKind.PURPOSE, consent.purposes, wish.purpose)
            and self._overlaps(WordKind.CATEGORY, consent.categories, wish.category)
            and (
                consent.recipient is None
                or wish.recipient is None
                or self._lies_in(wish.recipient, consent.recipient)
                or self._lies_in(consent.recipient, wish.recipient)
            )
        )

    def _lies_in(self, inner: Entity, outer: Entity) -> bool:
        if self._containers.is_empty:
            return same(inner, outer)
        return outer in self._containers.closure((inner,))

    def _overlaps(self, kind: WordKind, named: tuple[str, ...], wished: str) -> bool:
        covers = self._hierarchies.covers
        return not named or any(covers(kind, word, wished) or covers(kind, wished, word) for word in named)


def _last(said: list[tuple[Fact, Consent]]) -> list[tuple[Fact, Consent]]:
    """Return what one giver said last: the refusals among it alone where there are any."""
    latest = max(fact.valid_from or _BEGINNING for fact, _ in said)
    # FAIL CLOSED (refusal without a beginning): it may be the last word, so it is.
    refusing = [(fact, c) for fact, c in said if c.status in STOPPING and (fact.valid_from or latest) == latest]
    return refusing or [(fact, c) for fact, c in said if (fact.valid_from or _BEGINNING) == latest]
