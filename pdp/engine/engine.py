"""Casbin models, compiled: the same answers as PyCasbin's enforcer gives when it has just been built."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from casbin.core_enforcer import EnforceContext

from pdp.engine.answers import EngineMatches, FailedRule, MatchedRule, WhyNot
from pdp.engine.compiling.evaluator import Compilation, Evaluator, Tier, evaluator, known_functions
from pdp.engine.compiling.program import Decided, Request
from pdp.engine.compiling.reference import Configure
from pdp.engine.definition import Loaded, load_as_pycasbin
from pdp.engine.finding import InvalidPolicyError, not_text, refused_by_pycasbin
from pdp.engine.language.functions import Functions
from pdp.engine.reading import Source, read_strictly

_DEFAULT: Final = ("r", "p", "m")

Added = Mapping[str, Callable[..., Any]]


class Engine:
    """A policy that can be asked. Immutable, and safe to share between threads.

    *tier* says how it is evaluated: "indexed" (rules are looked up), "scan" (generated code over all rules in order) or
    "pycasbin" (whatever only PyCasbin evaluates faithfully). The answers are the same.

    `enforce(*request)` returns whether a request is allowed, and raises what evaluating it raises, which is to be taken
    for a denial.
    """

    __slots__ = ("_compilation", "_contexts", "_decide", "_evaluated", "enforce")

    enforce: Callable[..., bool]
    # Not a method: the function that was generated is called without another one around it.

    def __init__(
        self,
        loaded: Loaded,
        known: Functions | None,
        added: Mapping[str, Callable[..., Any]],
        configure: Configure | None,
        *,
        lenient: bool,
    ) -> None:
        self._compilation = Compilation(loaded, known, dict(added), configure, self._decide_in_context, lenient)
        self._contexts = {context: evaluator(self._compilation, context) for context in _contexts(loaded)}
        self._evaluated = self._contexts.get(_DEFAULT) or self._compilation.reference(_DEFAULT)
        self._decide = self._evaluated.decide
        self.enforce = self._evaluated.allows

    @classmethod
    def from_text(
        cls,
        model_text: str,
        policy_text: str,
        *,
        functions: Added | None = None,
        configure: Configure | None = None,
        lenient: bool = False,
    ) -> "Engine":
        """Build an engine from the texts of a Casbin model and a Casbin policy.

        *functions* are called from matchers by their names; they are taken to answer the same for the same arguments.
        *configure* tells each new PyCasbin enforcer whatever else it has to know, such as matching functions for roles;
        only PyCasbin evaluates such an engine. Raises InvalidPolicyError with every finding. With *lenient*, for
        comparisons alone, it loads what PyCasbin would load, as PyCasbin would, or raises InvalidPolicyError with
        PyCasbin's own exception as its cause.
        """
        return cls._built(Source(model_text, policy_text), functions or {}, configure, lenient=lenient)

    @classmethod
    def from_files(
        cls,
        model_path: str | Path,
        policy_path: str | Path,
        *,
        functions: Added | None = None,
        configure: Configure | None = None,
        lenient: bool = False,
    ) -> "Engine":
        """Build an engine from two files in UTF-8, otherwise like *from_text*; raises OSError for a missing file."""
        names = str(model_path), str(policy_path)
        texts = []
        for name in names:
            try:
                texts.append(Path(name).read_bytes().decode())
            except UnicodeDecodeError as error:
                raise InvalidPolicyError([not_text(name)]) from error
        # As PyCasbin opens them: line breaks of any system in the model, bytes in the policy.
        model_text = texts[0].replace("\r\n", "\n").replace("\r", "\n")
        return cls._built(Source(model_text, texts[1], names), functions or {}, configure, lenient=lenient)

    @classmethod
    def from_rows(
        cls,
        model_text: str,
        rows: Iterable[Sequence[str]],
        *,
        functions: Added | None = None,
        configure: Configure | None = None,
        lenient: bool = False,
    ) -> "Engine":
        """Build an engine from rows, each its type and its fields: `("p", "alice", "data1", "read")`.

        For rows from a database: joined to text, a comma in one field would make two of it. Otherwise like *from_text*.
        """
        return cls._built(Source(model_text, [tuple(row) for row in rows]), functions or {}, configure, lenient=lenient)

    @classmethod
    def _built(cls, source: Source, functions: Added, configure: Configure | None, *, lenient: bool) -> "Engine":
        if not lenient:
            loaded, known = read_strictly(source, functions, configured=configure is not None)
            return cls(loaded, known, functions, configure, lenient=False)
        policy = source.policy
        try:
            rows = policy if isinstance(policy, str) else [(row[0], row[1:]) for row in policy]
            loaded = load_as_pycasbin(source.model, rows)
            return cls(loaded, known_functions(loaded, functions), functions, configure, lenient=True)
        except Exception as error:
            raise InvalidPolicyError([refused_by_pycasbin(source.names[0], error)]) from error

    # --- Asking -------------------------------------------------------------------------------------------------------

    @property
    def tier(self) -> Tier:
        """Return how requests are evaluated: "indexed", "scan" or "pycasbin"."""
        return self._evaluated.tier

    def enforce_ex(self, *request: Any) -> tuple[bool, list[str]]:
        """Return the decision and the fields of the rule that PyCasbin would name, [] when there is none."""
        decision, number = self._decide(request)
        rules = self._rules_for(request)
        return decision, list(rules[number]) if number >= 0 else []

    def _rules_for(self, request: Request) -> Sequence[tuple[str, ...]]:
        if request and isinstance(request[0], EnforceContext):
            return self._compilation.loaded.rules[request[0].ptype]
        return self._evaluated.rules

    def _decide_in_context(self, request: Request) -> Decided:
        return _decided(*self._resolved(request))

    def _in_context(self, context: EnforceContext) -> Evaluator:
        keys = (context.rtype, context.ptype, context.mtype)
        known = self._contexts.get(keys)
        # A mixture of definitions that is seldom meant, if ever: PyCasbin says what comes of it.
        return known or self._compilation.reference(keys)

    def matches(self, *request: Any) -> EngineMatches:
        """Return every rule that matches *request* and every error met; raises only for a request of the wrong size."""
        return self._every_match(*self._resolved(request))

    def _every_match(self, evaluated: Evaluator, request: Request) -> EngineMatches:
        matched, failed = evaluated.matches(request)
        return EngineMatches(
            rules=tuple(self._matched(evaluated, number) for number in matched),
            errors=tuple(FailedRule(number, evaluated.rules[number], error) for number, error in failed),
        )

    def why_not(self, *request: Any, limit: int = 5) -> WhyNot:
        """Return why *request* is denied: deny rules that match, and at most *limit* that fail one condition only."""
        evaluated, request = self._resolved(request)
        found = self._every_match(evaluated, request)
        if self._is_allowed(evaluated, request):
            return WhyNot(decision=True)
        return WhyNot(
            decision=False,
            denying=tuple(rule for rule in found.rules if rule.effect == "deny"),
            nearest=tuple(islice(evaluated.nearest(request), limit)),
            unheard=tuple(evaluated.unheard(request)),
            errors=found.errors,
        )

    @staticmethod
    def _is_allowed(evaluated: Evaluator, request: Request) -> bool:
        try:
            return _decided(evaluated, request)[0]
        # FAIL CLOSED (error in a rule): what cannot be decided is explained as a denial, its errors among the answers.
        except Exception:  # noqa: BLE001
            return False

    def _resolved(self, request: Request) -> tuple[Evaluator, Request]:
        """Return what evaluates *request*, and the request without a context."""
        if request and isinstance(request[0], EnforceContext):
            return self._in_context(request[0]), request[1:]
        return self._evaluated, request

    @staticmethod
    def _matched(evaluated: Evaluator, number: int) -> MatchedRule:
        return MatchedRule(number, evaluated.rules[number], evaluated.effect_of(number))


def _decided(evaluated: Evaluator, request: Request) -> Decided:
    """Decide *request*, whose own context is gone: another one in its place is a value that no rule expects."""
    if request and isinstance(request[0], EnforceContext):
        return evaluated.decide_exactly(request)
    return evaluated.decide(request)


def _contexts(loaded: Loaded) -> Iterable[tuple[str, str, str]]:
    """Return the keys that belong together: each matcher with request and rules of its number, or the first ones."""
    definition = loaded.definition
    for matcher in definition.matchers:
        number = matcher.removeprefix("m")
        request, rules = f"r{number}", f"p{number}"
        yield (
            request if request in definition.requests else "r",
            rules if rules in definition.rules else "p",
            matcher,
        )
