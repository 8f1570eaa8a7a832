"""What a model and its rows say, as PyCasbin reads them: the start of every way of evaluating."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from casbin import Enforcer, Model
from casbin.persist import Adapter, load_policy_line

Fields = tuple[str, ...]

NAMELESS: Final = "_"
"""What a slot of a role definition is written as; PyCasbin counts the strokes."""


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """One line of `[role_definition]`: *slots* fields make a link; from the third on they are a domain."""

    slots: int
    domains: bool
    plain: bool
    """Whether it is one of the two common forms: neither conditional nor of any other shape."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A model: the names of request and rule fields (`r_sub`, `p_obj`) by key, roles, effect and matchers."""

    requests: Mapping[str, Fields]
    rules: Mapping[str, Fields]
    roles: Mapping[str, RoleDefinition]
    effect: str
    matchers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model with its rows in the order in which they are evaluated, by type."""

    model_text: str
    definition: Definition
    rules: Mapping[str, tuple[Fields, ...]]
    links: Mapping[str, tuple[Fields, ...]]

    def rows(self) -> Iterable[tuple[str, Fields]]:
        """Return every row with its type; loading them again gives the same order."""
        for table in (self.rules, self.links):
            for type_, rows in table.items():
                for fields in rows:
                    yield type_, fields


class LineAdapter(Adapter):  # type: ignore[misc]  # pycasbin carries no types
    """Hands lines to PyCasbin's own reader, as its file adapter does."""

    def __init__(self, text: str) -> None:
        self._text = text

    def load_policy(self, model: Any) -> None:
        """Read the lines into *model*."""
        for line in self._text.split("\n"):
            load_policy_line(line.strip(), model)


class RowAdapter(Adapter):  # type: ignore[misc]  # pycasbin carries no types
    """Hands rows to PyCasbin without any text between: a comma or a bracket in a field stays what it is."""

    def __init__(self, rows: Iterable[tuple[str, Sequence[str]]]) -> None:
        self._rows = tuple(rows)

    def load_policy(self, model: Any) -> None:
        """Append the rows to *model*, those of undeclared types left out as PyCasbin's readers leave them out."""
        for type_, fields in self._rows:
            assertion = (model.model.get(type_[:1]) or {}).get(type_)
            if assertion is not None:
                assertion.policy.append(list(fields))


def model_of(text: str) -> Any:
    """Return PyCasbin's model of *text*; raises what PyCasbin raises."""
    model = Model()
    model.load_model_from_text(text)
    return model


def load_as_pycasbin(model_text: str, policy: str | Iterable[tuple[str, Sequence[str]]]) -> Loaded:
    """Load text or rows with a PyCasbin enforcer; raises what its constructor raises."""
    adapter = LineAdapter(policy) if isinstance(policy, str) else RowAdapter(policy)
    return _loaded(model_text, Enforcer(model_of(model_text), adapter).model)


def load_checked(model_text: str, rows: Iterable[tuple[str, Fields]]) -> Loaded:
    """Load rows that passed every strict check: the order is PyCasbin's, its role managers are not built."""
    model = model_of(model_text)
    RowAdapter(rows).load_policy(model)
    model.sort_policies_by_subject_hierarchy()
    model.sort_policies_by_priority()
    return _loaded(model_text, model)


def _loaded(model_text: str, model: Any) -> Loaded:
    words: dict[str, str] = {}

    def rows(section: str) -> dict[str, tuple[Fields, ...]]:
        return {
            type_: tuple(tuple(words.setdefault(field, field) for field in row) for row in assertion.policy)
            for type_, assertion in (model.model.get(section) or {}).items()
        }

    return Loaded(model_text, definition_of(model), rows("p"), rows("g"))


def definition_of(model: Any) -> Definition:
    """Return what *model* defines."""
    sections = model.model

    def values(section: str) -> dict[str, Any]:
        return dict(sections.get(section) or {})

    return Definition(
        requests={key: tuple(assertion.tokens) for key, assertion in values("r").items()},
        rules={key: tuple(assertion.tokens) for key, assertion in values("p").items()},
        roles={key: _role(assertion) for key, assertion in values("g").items()},
        effect=values("e")["e"].value if "e" in values("e") else "",
        matchers={key: assertion.value for key, assertion in values("m").items()},
    )


def _role(assertion: Any) -> RoleDefinition:
    slots = assertion.value.count(NAMELESS)
    fields = len(assertion.tokens)
    return RoleDefinition(
        slots=slots,
        domains=fields > 2,
        plain=not assertion.params_tokens and slots == fields and slots in (2, 3),
    )
