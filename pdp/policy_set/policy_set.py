"""One operator's policy, whole and immutable."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pdp.conditions import Condition, ConditionTable, compile_conditions
from pdp.core.fact_schema import FactSchema, PropertySpec
from pdp.core.finding import Finding
from pdp.core.policy import Clause, Doubt, Duty, Granting, Hierarchies, Line, Rule
from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.engine import IndexedEngine, RuleEngine
from pdp.policy_set.clause_places import Place
from pdp.policy_set.residuals import Residuals


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Everything that decides for one operator.

    *revision* is a digest of the files, the words and the engine's version: equal revisions decide equally.
    *warnings* are the findings that do not keep it from being served. *compiled* and *residuals* are worked out from
    the rest: the conditions as functions, and what is left of the rules for a question.
    """

    operator: str
    revision: str
    vocabulary: Vocabulary
    schema: FactSchema
    rules: Mapping[str, Rule]
    lines: tuple[Line, ...]
    clauses: Mapping[str, Clause]
    places: Mapping[str, Place | None]
    conditions: Mapping[str, Condition]
    duties: Mapping[str, Duty]
    granting: Mapping[str, Granting]
    retention: Mapping[str, int]
    groups: Mapping[WordKind, Mapping[str, Text]]
    declared: Mapping[str, PropertySpec]
    hierarchies: Hierarchies
    engine: RuleEngine
    tier: str
    files: Mapping[str, str]
    warnings: tuple[Finding, ...] = ()
    compiled: ConditionTable = field(init=False, compare=False, repr=False)
    residuals: Residuals = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", compile_conditions(self.conditions))
        object.__setattr__(self, "residuals", self._residuals(None))

    def _residuals(self, like: Residuals | None) -> Residuals:
        return Residuals(
            self.rules,
            self.lines,
            self.clauses,
            self.conditions,
            self.hierarchies,
            self.engine,
            self._role_text,
            self.duties,
            self.vocabulary,
            like,
        )

    def with_rules(self, rules: Iterable[Rule]) -> "PolicySet":
        """Return what would decide if these were the rules: for trying changes, never for serving.

        Nothing is validated, and the revision is still that of the files. Raises TypeError when the rules are not found
        through an index.
        """
        if not isinstance(self.engine, IndexedEngine):
            raise TypeError(f"rules cannot be changed in an engine of tier {self.tier}")
        other = copy.copy(self)
        by_id = {rule.id: rule for rule in rules}
        fields = [(rule.id, rule.effect.value, *rule.region.words) for rule in by_id.values()]
        object.__setattr__(other, "rules", by_id)
        object.__setattr__(other, "engine", self.engine.with_rules(fields))
        object.__setattr__(other, "residuals", other._residuals(self.residuals))
        return other

    def _role_text(self, role: str) -> Text:
        return self.word_text(WordKind.ROLE, role)

    @property
    def doubts(self) -> tuple[tuple[str, str, Doubt], ...]:
        """Return every doubtful reading with the clause that it is of and the clause, condition or role that has it."""
        held = [(clause.id, clause.id, clause.doubt) for clause in self.clauses.values()]
        held += [(each.clause, each.name, each.doubt) for each in self.conditions.values()]
        held += [(each.clause, each.role, each.doubt) for each in self.granting.values()]
        order = {clause: at for at, clause in enumerate(self.clauses)}
        found = [(clause, owner, doubt) for clause, owner, doubt in held if doubt is not None]
        return tuple(sorted(found, key=lambda one: order[one[0]]))

    def word_text(self, kind: WordKind, word: str) -> Text:
        """Return how a word of a row is said: a word of the vocabulary, a group of the folder, or `any`."""
        group = self.groups.get(kind, {}).get(word)
        if group is not None:
            return group
        return self.vocabulary.text(kind, word) if self.vocabulary.knows(kind, word) else Text("bất kỳ", "any")
