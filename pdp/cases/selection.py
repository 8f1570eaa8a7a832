"""Which cases are run."""

from dataclasses import dataclass

from pdp.cases.case import Case


@dataclass(frozen=True, slots=True)
class Selection:
    """What a case must have to be run; an empty part asks for nothing.

    *texts*: one of them occurs in the id of the case. *clauses*: one of them is a clause of the case. *operators*: its
    operator is one of them. *decision* is "allow" or "deny".
    """

    texts: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    decision: str = ""

    def takes(self, case: Case) -> bool:
        """Say whether *case* is run."""
        return (
            (not self.texts or any(text in case.id for text in self.texts))
            and (not self.clauses or not set(self.clauses).isdisjoint(case.clauses))
            and (not self.operators or case.operator in self.operators)
            and (not self.decision or case.allowed is (self.decision == "allow"))
        )
