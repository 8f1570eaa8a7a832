"""Evaluation by PyCasbin: correct before fast, and the reference for any faster engine."""

import threading
from collections.abc import Sequence
from typing import Final

from casbin import Enforcer, Model
from casbin.effect.default_effectors import AllowAndDenyEffector
from casbin.effect.effector import Effector

from pdp.engine.chains import refuse_long_chains
from pdp.engine.matching import MatchError, Matches, Question, Row

SATISFIED: Final = "satisfied"
"""The function of the matcher that judges the conditions of a row: satisfied(r.asked, p.id, p.eft)."""


class _AllMatches(AllowAndDenyEffector):  # type: ignore[misc]  # pycasbin carries no types
    """Deny overrides, without stopping at the first deny: an answer names every rule that decided it."""

    def intermediate_effect(self, effects: set[int]) -> int:
        return int(Effector.INDETERMINATE)


class _Asked:
    """Collects what the rows answer to one question; travels through the matcher as `r.asked`."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._known: dict[str, bool] = {}
        self.effects: dict[str, str] = {}
        self.errors: list[MatchError] = []

    def satisfied(self, rule: str, effect: str) -> bool:
        if rule not in self._known:
            self.effects[rule] = effect
            self._known[rule] = self._judge(rule, effect)
        return self._known[rule]

    def _judge(self, rule: str, effect: str) -> bool:
        try:
            return self._question.applies(rule)
        # FAIL CLOSED (error in a rule): whatever was raised, a deny rule still denies and an allow rule does not allow.
        except Exception as error:  # noqa: BLE001
            self.errors.append(MatchError(rule, error))
            return effect != "allow"

    def applying(self, effect: str) -> frozenset[str]:
        return frozenset(rule for rule, known in self._known.items() if known and self.effects[rule] == effect)


class PyCasbinEngine:
    """One enforcer, built once and never changed, asked role by role.

    *rows* must have passed the strict loader: PyCasbin itself drops or misreads what it does not understand.
    """

    tier: Final = "pycasbin"

    def __init__(self, model_text: str, rows: Sequence[Row]) -> None:
        refuse_long_chains(rows)
        self._has_rules = any(row.type == "p" for row in rows)
        model = Model()
        model.load_model_from_text(model_text)
        for row in rows:
            model.add_policy(row.type[0], row.type, list(row.fields))
        self._enforcer = Enforcer(model)
        self._enforcer.build_role_links()
        self._enforcer.eft = _AllMatches()
        self._enforcer.add_function(SATISFIED, lambda asked, rule, effect: asked.satisfied(rule, effect))
        # PyCasbin rewrites its table of functions on every call: one question at a time.
        self._lock = threading.Lock()

    def matches(self, question: Question) -> Matches:
        """Return every match and every error."""
        asked = _Asked(question)
        # FAIL CLOSED (no rules): of an empty policy PyCasbin asks the matcher once, with an empty word everywhere.
        roles = sorted(question.roles) if self._has_rules else ()
        with self._lock:
            for role in roles:
                self._enforcer.enforce(role, question.action, question.category, question.purpose, asked)
        return Matches(
            spoke=frozenset(asked.effects),
            allowing=asked.applying("allow"),
            denying=asked.applying("deny"),
            errors=tuple(asked.errors),
        )
