"""Groups of differences in words of both languages."""

from collections.abc import Iterable
from typing import Final

from pdp.analysis.boxes import Box, say_words
from pdp.analysis.groups import Group
from pdp.analysis.kinds import Kind
from pdp.core.text import Text, join_texts
from pdp.core.vocabulary import WordKind
from pdp.deciding import Answer
from pdp.policy_set import PolicySet

TITLES: Final = {
    Kind.NEWLY_ALLOWED: Text("MỚI ĐƯỢC PHÉP", "NEWLY ALLOWED"),
    Kind.NEWLY_DENIED: Text("MỚI BỊ TỪ CHỐI", "NEWLY DENIED"),
    Kind.OBLIGATIONS: Text("NGHĨA VỤ KHÁC", "OTHER OBLIGATIONS"),
    Kind.REASONS: Text("CĂN CỨ KHÁC", "OTHER SENTENCES"),
}

Line = tuple[Text, Text]
"""What a line is about, and what it says."""


def tell(group: Group, before: PolicySet, after: PolicySet) -> list[Line]:
    """Return what *group* says, line by line."""
    lines = [(Text("ai", "who"), say_roles(after, group.roles))]
    for box in group.regions:
        lines.append((Text("làm gì", "does"), say_words(after, WordKind.ACTION, box.actions)))
        lines.append((Text("với dữ liệu", "with"), say_words(after, WordKind.CATEGORY, box.categories)))
        lines.append((Text("cho mục đích", "for"), say_words(after, WordKind.PURPOSE, box.purposes)))
    lines.append((Text("khi", "when"), group.when.said))
    lines += _rows(group)
    lines += _answers(group)
    return lines


def said(group: Group, after: PolicySet) -> Text:
    """Return *group* as one sentence."""
    who, when = say_roles(after, group.roles), group.when.said
    regions = join_texts([_say_box(box, after) for box in group.regions], " – và: ", " – and: ")
    title = TITLES[group.kind]
    return Text(
        f"{title.vi}: {who.vi}; {regions.vi}; khi: {when.vi}", f"{title.en}: {who.en}; {regions.en}; when: {when.en}"
    )


def _say_box(box: Box, policy: PolicySet) -> Text:
    does, data, purposes = (
        say_words(policy, kind, words)
        for kind, words in (
            (WordKind.ACTION, box.actions),
            (WordKind.CATEGORY, box.categories),
            (WordKind.PURPOSE, box.purposes),
        )
    )
    return Text(f"{does.vi}: {data.vi}, cho mục đích {purposes.vi}", f"{does.en}: {data.en}, for {purposes.en}")


def say_roles(policy: PolicySet, sets: Iterable[tuple[str, ...]]) -> Text:
    """Return any of some sets of roles in words."""
    single = [roles[0] for roles in sets if len(roles) == 1]
    told = [say_words(policy, WordKind.ROLE, single)] if single else []
    told += [
        join_texts([say_words(policy, WordKind.ROLE, [role]) for role in roles], " cùng với ", " who is also ")
        for roles in sets
        if len(roles) > 1
    ]
    return join_texts(told, "; hoặc ", "; or ")


def _rows(group: Group) -> list[Line]:
    gone = [Text(*2 * (f"− {rule.file}:{rule.line} {rule.id} ({rule.clause})",)) for rule in group.gone]
    come = [Text(*2 * (f"+ {rule.file}:{rule.line} {rule.id} ({rule.clause})",)) for rule in group.come]
    return [(Text("dòng", "row"), row) for row in (*gone, *come)]


def _answers(group: Group) -> list[Line]:
    """Return what comes with the answer on either side, where that is what differs."""
    if group.kind not in {Kind.OBLIGATIONS, Kind.REASONS}:
        return []
    about = _duties if group.kind is Kind.OBLIGATIONS else _sentences
    return [(Text("trước", "before"), about(group.before)), (Text("sau", "after"), about(group.after))]


def _duties(answer: Answer) -> Text:
    named = sorted({f"`{each.id}` ({each.clause})" for each in answer.obligations})
    return Text(", ".join(named) or "không có nghĩa vụ", ", ".join(named) or "nothing owed")


def _sentences(answer: Answer) -> Text:
    clauses = sorted({reason.clause for reason in answer.reasons if reason.clause})
    shown = f"{answer.cause.value}: {', '.join(clauses)}" if clauses else answer.cause.value
    return Text(shown, shown)
