"""Says conditions in both languages."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from pdp.conditions.expression import (
    All,
    AnyOf,
    Compare,
    Condition,
    CoversCategory,
    EachPerson,
    Expression,
    HasType,
    Holds,
    Literal,
    Named,
    Not,
    Relation,
    Shifted,
    SomeConsent,
    SomeGround,
    SomeRefusal,
    Stated,
    Term,
)
from pdp.core.fact_schema import ValueType
from pdp.core.text import Text, join_texts

_RELATIONS: Final[Mapping[Relation, Text]] = {
    Relation.IS: Text("là", "is"),
    Relation.IS_NOT: Text("không phải là", "is not"),
    Relation.ONE_OF: Text("là một trong:", "is one of"),
    Relation.NOT_ONE_OF: Text("không thuộc:", "is not one of"),
    Relation.IN: Text("thuộc", "is among"),
    Relation.NOT_IN: Text("không thuộc", "is not among"),
    Relation.WITHIN: Text("chỉ gồm:", "are only"),
    Relation.INCLUDES: Text("có", "include"),
    Relation.AT_LEAST: Text("ít nhất là", "is at least"),
    Relation.AT_MOST: Text("nhiều nhất là", "is at most"),
    Relation.MORE: Text("lớn hơn", "is more than"),
    Relation.LESS: Text("nhỏ hơn", "is less than"),
    Relation.BEFORE: Text("trước", "is earlier than"),
    Relation.NOT_BEFORE: Text("không trước", "is not earlier than"),
    Relation.AFTER: Text("sau", "is later than"),
    Relation.NOT_AFTER: Text("không sau", "is not later than"),
}


_OPPOSITES: Final[Mapping[Relation, Relation]] = {
    one: other
    for pair in (
        (Relation.IS, Relation.IS_NOT),
        (Relation.ONE_OF, Relation.NOT_ONE_OF),
        (Relation.IN, Relation.NOT_IN),
        (Relation.AT_LEAST, Relation.LESS),
        (Relation.AT_MOST, Relation.MORE),
        (Relation.BEFORE, Relation.NOT_BEFORE),
        (Relation.AFTER, Relation.NOT_AFTER),
    )
    for one, other in (pair, pair[::-1])
}


def say(expression: Expression, conditions: Mapping[str, Condition]) -> Text:
    """Say *expression* as a statement, in both languages."""
    return _SAYINGS[type(expression)](expression, conditions)


def _a(noun: str) -> str:
    """Return an English noun with its article."""
    if noun.startswith(("the ", "anyone ")):
        return noun
    sounds_like_a_consonant = noun.startswith(("user", "unit", "one"))
    return f"an {noun}" if noun[:1].lower() in set("aeiou") and not sounds_like_a_consonant else f"a {noun}"


def _the(term: Term) -> str:
    """Return the English name of a value as the subject of a sentence."""
    noun = term.text.en
    bare = term.type is ValueType.BOOL or noun.startswith(("the ", "this ", "what "))
    return noun if bare else f"the {noun}"


def noun(expression: SomeGround | SomeConsent) -> Text:
    """Return what a fact of this kind is called."""
    if isinstance(expression, SomeGround):
        return expression.text
    return Text(f"sự đồng ý của {expression.text.vi}", f"consent by {_a(expression.text.en)}")


def _say_compare(expression: Compare, conditions: Mapping[str, Condition]) -> Text:
    left = expression.left
    if left.type is ValueType.BOOL and isinstance(expression.right, Literal):
        negative = (expression.right.value is False) is (expression.relation is Relation.IS)
        if negative:
            return Text(f"không phải: {left.text.vi}", f"it is not so that {left.text.en}")
        return left.text
    relation = _RELATIONS[expression.relation]
    right = _say_operand(expression.right)
    subject = _say_operand(left)
    return Text(f"{subject.vi} {relation.vi} {right.vi}", f"{subject.en} {relation.en} {right.en}")


def _say_operand(operand: Term | Literal | Shifted) -> Text:
    if isinstance(operand, Shifted):
        term = _say_operand(operand.term)
        duration = operand.duration.text
        return Text(f"mốc {duration.vi} sau {term.vi}", f"{duration.en} after {term.en}")
    return Text(operand.text.vi, _the(operand)) if isinstance(operand, Term) else operand.text


def _say_covers(expression: CoversCategory, conditions: Mapping[str, Condition]) -> Text:
    text = expression.term.text
    return Text(f"{text.vi} bao gồm loại dữ liệu được hỏi", f"{_the(expression.term)} cover the category asked for")


def _say_stated(expression: Stated, conditions: Mapping[str, Condition]) -> Text:
    term = expression.term
    return Text(f"có nêu {term.text.vi}", f"{_the(term)} {'are' if term.is_list else 'is'} stated")


def _say_has_type(expression: HasType, conditions: Mapping[str, Condition]) -> Text:
    text = expression.term.text
    return Text(f"{text.vi} là {expression.text.vi}", f"{_the(expression.term)} is {_a(expression.text.en)}")


def _say_holds(expression: Holds, conditions: Mapping[str, Condition]) -> Text:
    text, role = expression.term.text, _role(expression)
    return Text(f"{text.vi} giữ {role.vi}", f"{_the(expression.term)} holds {role.en}")


def _role(expression: Holds) -> Text:
    scope = expression.scope_text
    place = Text(f" ở cấp {scope.vi}", f" in the {scope.en} itself") if scope else Text("", "")
    return Text(f"vai trò {expression.text.vi}{place.vi}", f"the role {expression.text.en}{place.en}")


def _say_some(expression: SomeGround | SomeConsent, conditions: Mapping[str, Condition]) -> Text:
    return _there_is(expression, conditions)


def _there_is(
    expression: SomeGround | SomeConsent, conditions: Mapping[str, Condition], *, negated: bool = False
) -> Text:
    what, where = expression.text, _where(expression, conditions)
    there_is = Text("không có" if negated else "có", "there is no" if negated else "there is")
    if isinstance(expression, SomeConsent):
        noun = "consent" if negated else "a consent"
        return Text(
            f"{there_is.vi} sự đồng ý của {what.vi} cho đúng việc này{where.vi}",
            f"{there_is.en} {noun} by {_a(what.en)} for exactly this{where.en}",
        )
    noun = what.en if negated else _a(what.en)
    return Text(f"{there_is.vi} {what.vi}{where.vi}", f"{there_is.en} {noun}{where.en}")


def _say_refusal(expression: SomeRefusal, conditions: Mapping[str, Condition], *, negated: bool = False) -> Text:
    by = expression.text
    if negated:
        return Text(
            f"không có lời từ chối hay rút lại nào của {by.vi} đối với việc này",
            f"no refusal or withdrawal of this by {_a(by.en)} is in force",
        )
    return Text(
        f"{by.vi} đã từ chối hoặc rút lại sự đồng ý cho việc này",
        f"a refusal or withdrawal of this by {_a(by.en)} is in force",
    )


def _where(expression: SomeGround | SomeConsent, conditions: Mapping[str, Condition]) -> Text:
    if expression.where is None:
        return Text("", "")
    inner = _bracketed(expression.where, conditions)
    if isinstance(expression, SomeConsent):
        return Text(f", trong đó {inner.vi}", f", in which {inner.en}")
    return Text(f" mà {inner.vi}", f" for which {inner.en}")


def _say_each_person(expression: EachPerson, conditions: Mapping[str, Condition]) -> Text:
    inner = _bracketed(expression.inner, conditions)
    return Text(f"với từng người có trong dữ liệu: {inner.vi}", f"for each person in the data: {inner.en}")


def _say_named(expression: Named, conditions: Mapping[str, Condition]) -> Text:
    return conditions[expression.name].text


def _say_not(expression: Not, conditions: Mapping[str, Condition]) -> Text:
    part = expression.part
    match part:
        case Stated(term=term):
            return Text(f"không nêu {term.text.vi}", f"{_the(term)} {'are' if term.is_list else 'is'} not stated")
        case HasType(term=term, text=text):
            return Text(f"{term.text.vi} không phải là {text.vi}", f"{_the(term)} is not {_a(text.en)}")
        case Holds(term=term):
            role = _role(part)
            return Text(f"{term.text.vi} không giữ {role.vi}", f"{_the(term)} does not hold {role.en}")
        case SomeGround() | SomeConsent():
            return _there_is(part, conditions, negated=True)
        case SomeRefusal():
            return _say_refusal(part, conditions, negated=True)
        case Compare(relation=relation) if relation in _OPPOSITES:
            return say(replace(part, relation=_OPPOSITES[relation]), conditions)
    inner = _bracketed(part, conditions)
    return Text(f"không phải: {inner.vi}", f"it is not so that {inner.en}")


def _say_all(expression: All, conditions: Mapping[str, Condition]) -> Text:
    return join_texts((_bracketed(part, conditions) for part in expression.parts), " và ", " and ")


def _say_any_of(expression: AnyOf, conditions: Mapping[str, Condition]) -> Text:
    return join_texts((_bracketed(part, conditions) for part in expression.parts), " hoặc ", " or ")


def _bracketed(part: Expression, conditions: Mapping[str, Condition]) -> Text:
    """Say *part* in brackets where it could not be told how far it goes: two expressions never read alike."""
    text = say(part, conditions)
    inner = part.part if isinstance(part, Not) else part
    has_parts = isinstance(inner, All | AnyOf | EachPerson)
    has_where = isinstance(inner, SomeGround | SomeConsent) and inner.where is not None
    if has_parts or has_where or text.en.startswith("it is not so that "):
        return Text(f"({text.vi})", f"({text.en})")
    return text


_SAYINGS: Final[Mapping[type, Callable[..., Text]]] = {
    All: _say_all,
    AnyOf: _say_any_of,
    Not: _say_not,
    Named: _say_named,
    Compare: _say_compare,
    CoversCategory: _say_covers,
    Stated: _say_stated,
    HasType: _say_has_type,
    Holds: _say_holds,
    SomeGround: _say_some,
    SomeConsent: _say_some,
    SomeRefusal: _say_refusal,
    EachPerson: _say_each_person,
}
