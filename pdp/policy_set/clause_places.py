"""Says of every clause where it is kept: by a row, by a condition, by a duty, or by nobody here."""

from collections.abc import Mapping
from enum import StrEnum

from pdp.conditions import Condition
from pdp.core.policy import Clause, Duty, Granting
from pdp.policy_set.report import FolderReport
from pdp.policy_set.rule_rows import RuleRows


class Place(StrEnum):
    """Where a clause is kept; NONE is for those that say nothing about access."""

    ENFORCED = "enforced"
    CONDITION = "condition"
    DUTY = "duty"
    NOT_DECIDABLE = "not decidable here"
    NONE = "none"


def clause_places(
    clauses: Mapping[str, Clause],
    found: RuleRows,
    conditions: Mapping[str, Condition],
    duties: Mapping[str, Duty],
    granting: Mapping[str, Granting],
) -> Mapping[str, Place | None]:
    """Return the place of every clause by id, None for one that has none yet."""
    enforced = {rule.clause for rule in found.rules} | {line.clause for line in found.lines}
    defined = {condition.clause for condition in conditions.values()} | {grant.clause for grant in granting.values()}
    owed = {duty.clause for duty in duties.values()}
    places: dict[str, Place | None] = {}
    for clause in clauses.values():
        if clause.id in enforced:
            places[clause.id] = Place.ENFORCED
        elif clause.id in defined:
            places[clause.id] = Place.CONDITION
        elif clause.id in owed:
            places[clause.id] = Place.DUTY
        elif clause.not_decidable is not None:
            places[clause.id] = Place.NOT_DECIDABLE
        else:
            places[clause.id] = Place.NONE if clause.kind == "none" else None
    return places


def report_places(
    file: str, clauses: Mapping[str, Clause], places: Mapping[str, Place | None], report: FolderReport
) -> None:
    """Report each clause without a place, and each that is kept although it is said to be nobody's here."""
    for id_, place in places.items():
        if place is None:
            report.warning(
                file,
                (1, 1),
                "clause-without-place",
                f"điều khoản `{id_}` chưa được dòng, điều kiện hay nghĩa vụ nào thực hiện",
                f"no row, condition or obligation keeps the clause `{id_}`",
                "cite it, or say under `not_decidable_here` why not and whose duty it is",
            )
        elif clauses[id_].not_decidable is not None and place is not Place.NOT_DECIDABLE:
            report.error(
                file,
                (1, 1),
                "clause-place-twice",
                f"điều khoản `{id_}` được thực hiện ở đây ({place.value}), nhưng lại ghi là không quyết định được",
                f"the clause `{id_}` is kept here ({place.value}) and yet said not to be decidable",
                "remove `not_decidable_here`",
            )
