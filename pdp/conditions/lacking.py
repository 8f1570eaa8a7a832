"""Says what was missing from a condition, in both languages."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from pdp.conditions.evaluation import Evaluator
from pdp.conditions.expression import (
    All,
    AnyOf,
    Compare,
    CoversCategory,
    EachPerson,
    Emptiness,
    Expression,
    HasType,
    Holds,
    Named,
    Root,
    SomeConsent,
    SomeGround,
    Stated,
    Term,
)
from pdp.conditions.finding_values import Frame
from pdp.conditions.wording import noun, say
from pdp.core.decision import Outcome
from pdp.core.facts import Fact, Ground, Value
from pdp.core.local_time import say_instant
from pdp.core.text import Text, join_texts

_NOBODY_NAMED: Final = Text("không nêu dữ liệu nói về ai", "nobody is named whom the data is about")


_EMPTY: Final[Mapping[Emptiness, Text]] = {
    Emptiness.NONE: Text("không có", "there is none"),
    Emptiness.ALL: Text("toàn bộ", "all of it is asked for"),
    Emptiness.MATCHES_NOTHING: Text("không nêu", "none is named"),
}


def lacking(expression: Expression, evaluator: Evaluator, frame: Frame) -> tuple[Text, ...]:
    """Say each part of *expression* that kept it from being true, with the value that was found; none when it is."""
    if evaluator.evaluate(expression, frame).outcome is Outcome.TRUE:
        return ()
    match expression:
        case All(parts=parts):
            return tuple(text for part in parts for text in lacking(part, evaluator, frame))
        case AnyOf(parts=parts):
            ways = (join_texts(lacking(part, evaluator, frame), " và ", " and ") for part in parts)
            return (join_texts(ways, "; hoặc ", "; or "),)
        case Named(name=name):
            condition = evaluator.condition(name)
            inner = lacking(condition.expression, evaluator, Frame(frame.person))
            return (_because(condition.text, inner),)
        case EachPerson(inner=inner_expression):
            return tuple(
                _about(str(person), text)
                for person in evaluator.circumstances.people
                for text in lacking(inner_expression, evaluator, replace(frame, person=person))
            ) or (_NOBODY_NAMED,)
        case SomeGround() | SomeConsent():
            return (_closest(expression, evaluator, frame),)
        case Compare(left=left) | CoversCategory(term=left) | Stated(term=left) | HasType(term=left) | Holds(term=left):
            statement, value = say(expression, evaluator.conditions), evaluator.value(left, frame)
            missing = evaluator.evaluate(expression, frame).missing - {left.path}
            return (_without(statement, missing) if missing else _with_found(statement, left, value),)
        case _:
            return (_without(say(expression, evaluator.conditions), evaluator.evaluate(expression, frame).missing),)


def _because(head: Text, parts: tuple[Text, ...]) -> Text:
    if not parts or parts == (head,):
        return head
    inner = join_texts(parts, "; ", "; ")
    return Text(f"{head.vi} ({inner.vi})", f"{head.en} ({inner.en})")


def _about(name: str, text: Text) -> Text:
    return Text(f"với `{name}`: {text.vi}", f"for `{name}`: {text.en}")


def _without(statement: Text, missing: Iterable[str]) -> Text:
    """Say which properties are missing; *statement* alone when none is."""
    names = [f"`{path}`" for path in sorted(missing)]
    if not names:
        return statement
    verb = "is" if len(names) == 1 else "are"
    return Text(f"{statement.vi} – thiếu {', '.join(names)}", f"{statement.en} – {', '.join(names)} {verb} missing")


def _with_found(statement: Text, term: Term, value: Value | Emptiness) -> Text:
    if isinstance(value, Emptiness):
        if value is Emptiness.UNKNOWN:
            return _without(statement, (term.path,))
        found = _EMPTY[value]
        return Text(f"{statement.vi} – thực tế: {found.vi}", f"{statement.en} – {found.en}")
    if term.root in {Root.NOW, Root.PERSON} or (term.root is Root.SUBJECT and not term.name):
        return statement
    if isinstance(value, bool):
        found = Text("có", "so") if value else Text("không", "not")
        return Text(f"{statement.vi} – thực tế: {found.vi}", f"{statement.en} – in fact {found.en}")
    shown, verb = _shown(value), "they are" if isinstance(value, tuple) else "it is"
    return Text(f"{statement.vi} – thực tế: {shown}", f"{statement.en} – {verb} {shown}")


def _shown(value: Value) -> str:
    if isinstance(value, datetime):
        return say_instant(value)
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value) or "`[]`"
    return f"`{value}`"


def _closest(expression: SomeGround | SomeConsent, evaluator: Evaluator, frame: Frame) -> Text:
    """Say what the most nearly fitting fact lacks, or that there is none."""
    if isinstance(expression, SomeConsent) and frame.person is None:
        return _NOBODY_NAMED
    if expression.where is None:
        return _none_found(expression)
    best: tuple[Fact, tuple[Text, ...]] | None = None
    for fact in evaluator.candidates(expression, frame):
        lacks = lacking(expression.where, evaluator, replace(frame, fact=fact))
        if best is None or len(lacks) < len(best[1]):
            best = (fact, lacks)
    if best is None:
        return _none_found(expression)
    name = f" `{best[0].kind.id}`" if isinstance(best[0].kind, Ground) else ""
    lack = join_texts(best[1], "; ", "; ")
    what = noun(expression)
    return Text(f"{what.vi}{name} còn thiếu: {lack.vi}", f"the {what.en}{name} lacks: {lack.en}")


def _none_found(expression: SomeGround | SomeConsent) -> Text:
    what = noun(expression)
    if isinstance(expression, SomeConsent):
        return Text(f"không có {what.vi} nào bao gồm việc này", f"no {what.en} covers this")
    return Text(f"không có {what.vi} nào", f"there is no {what.en}")
