"""How the effects of matching rules make a decision: Casbin's five policy effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from casbin.constant import constants

ALLOW: Final = 1
DENY: Final = 2
NEITHER: Final = 0
"""What a rule says whose effect is written in any other way: it matches, and decides nothing."""

_CODES: Final = {"allow": ALLOW, "deny": DENY}


@dataclass(frozen=True, slots=True)
class Combination:
    """One policy effect, for rules that come in order.

    *deciding* maps an effect to the decision that it makes at once, *unless* says what nothing of that kind comes to;
    with *needs_allow* that is allow only after an allow.
    """

    deciding: Mapping[int, bool]
    unless: bool
    needs_allow: bool = False

    def lines(self, effects: str | None) -> tuple[list[str], list[str], list[str]]:
        """Return Python lines for before, inside and after the loop over matching rules `n`.

        *effects* is the text of a rule's effect, None when every rule allows. They return (decision, row number), the
        number of the deciding rule or else of the last that matched, -1 without one.
        """
        code = effects or str(ALLOW)
        before, inside = ["last = -1"], ["last = n"]
        if self.needs_allow:
            before.append("allowed = False")
        for effect, decision in self.deciding.items():
            inside += _returning(effects, effect, code, decision)
        if self.needs_allow:
            inside += [f"if {code} == {ALLOW}: allowed = True"] if effects else ["allowed = True"]
        return before, inside, [f"return {'allowed' if self.needs_allow else self.unless}, last"]


def _returning(effects: str | None, effect: int, code: str, decision: bool) -> list[str]:
    if effects is None:
        return [f"return {decision}, n"] if effect == ALLOW else []
    return [f"if {code} == {effect}: return {decision}, n"]


COMBINATIONS: Final[Mapping[str, Combination]] = {
    constants.ALLOW_OVERRIDE_EFFECT: Combination({ALLOW: True}, unless=False),
    constants.DENY_OVERRIDE_EFFECT: Combination({DENY: False}, unless=True),
    constants.ALLOW_AND_DENY_EFFECT: Combination({DENY: False}, unless=False, needs_allow=True),
    constants.PRIORITY_EFFECT: Combination({ALLOW: True, DENY: False}, unless=False),
    constants.SUBJECT_PRIORITY_EFFECT: Combination({ALLOW: True, DENY: False}, unless=False),
}
"""By the text of the effect as PyCasbin rewrites it."""


def effects_of(rows: Sequence[tuple[str, ...]], fields: Sequence[str], type_: str) -> tuple[int, ...] | None:
    """Return what each row says, or None when the rules have no effect field and all of them allow."""
    name = f"{type_}_eft"
    if name not in fields:
        return None
    at = len(fields) - 1 - list(reversed(fields)).index(name)
    return tuple(_CODES.get(row[at], NEITHER) for row in rows)


def effect_name(code: int) -> str:
    """Return the effect *code* as rules write it, "" for NEITHER."""
    return next((name for name, known in _CODES.items() if known == code), "")
