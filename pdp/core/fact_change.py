"""What somebody asks to be done to the stored facts."""

from dataclasses import dataclass, field
from typing import Final

from pdp.core.consents import STOPPING
from pdp.core.entity import Entity
from pdp.core.facts import Consent, Fact, Properties, no_properties
from pdp.core.stores import FactFilter, Token

NO_SELECTION: Final = FactFilter()


@dataclass(frozen=True, slots=True)
class FactChangeRequest:
    """Facts to write and facts to delete, in one transaction, on behalf of *actor*.

    *deletes_alone* says that it came as a deletion: then an id that is not stored deletes nothing, while a write that
    names one is refused. *content* is a digest of all that was asked. *caller* is whose credential was shown.
    """

    request_id: str
    operator: str
    actor: Entity
    purpose: str
    caller: str
    content: str
    actor_properties: Properties = field(default_factory=no_properties)
    context: Properties = field(default_factory=no_properties)
    extra: Properties = field(default_factory=no_properties)
    facts: tuple[Fact, ...] = ()
    delete_ids: tuple[str, ...] = ()
    selection: FactFilter = NO_SELECTION
    expected: Token | None = None
    deletes_alone: bool = False

    @property
    def takes_back(self) -> bool:
        """Say whether it only takes something back: facts that are deleted, consents that are withdrawn or refused."""
        return all(isinstance(fact.kind, Consent) and fact.kind.status in STOPPING for fact in self.facts)
