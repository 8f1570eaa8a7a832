"""The fixed phrases of the terminal in both languages, and facts as sentences."""

from collections.abc import Mapping
from typing import Final

from pdp.core.entity import Entity
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.text import Text

PHRASES: Final[Mapping[str, Text]] = {
    "allow": Text("CHO PHÉP", "ALLOW"),
    "deny": Text("TỪ CHỐI", "DENY"),
    "certain": Text("chắc chắn", "certain"),
    "if": Text("chỉ khi", "only if"),
    "everyone": Text("tất cả những ai không được nêu tên", "everyone who is not named"),
    "nobody": Text(
        "Không tìm thấy gì: theo những gì đã biết thì không ai được phép.",
        "Nothing found: for what is known, nobody may.",
    ),
    "complete": Text("Danh sách đầy đủ.", "The list is complete."),
    "may": Text("được", "may"),
    "may_not": Text("không được", "may not"),
    "not_askable": Text("không thể hỏi", "cannot be asked"),
    "line": Text("ranh giới", "line"),
    "row": Text("quy tắc", "rule"),
    "lacking": Text("điều còn thiếu của", "missing for"),
    "about": Text("của", "of"),
    "for": Text("cho mục đích", "for"),
    "allowed": Text("Vì đã công bố:", "Because this is published:"),
    "rule": Text("Vì đã công bố:", "Because this is published:"),
    "unmet": Text("Các câu đã công bố:", "The published sentences:"),
    "silent": Text("Không quy tắc nào nói về việc này:", "No rule speaks of this:"),
    "error": Text("Có lỗi khi xét, nên từ chối:", "Something failed while deciding, hence a deny:"),
    "matched": Text("Quy tắc cho phép:", "Rules that allow:"),
    "denying": Text("Quy tắc từ chối:", "Rules that deny:"),
    "nearest": Text("Còn thiếu, theo quy tắc gần nhất:", "What was missing, by the nearest rule:"),
    "would_allow": Text("Được phép với một trong những thay đổi sau:", "Allowed with any one of these changes:"),
    "nothing": Text("Không gì làm cho việc này được phép:", "Nothing would make it allowed:"),
    "bounded": Text("Chưa tìm thấy thay đổi nào:", "No change was found:"),
    "failed": Text("Không biết thay đổi nào sẽ giúp được:", "What would help is not known:"),
    "by_whom": Text("do ai thực hiện", "by whom"),
    "facts": Text("Sự kiện đã xét:", "Facts looked at:"),
    "owed": Text("Bên gọi phải:", "The caller owes:"),
    "before": Text("trước khi thực hiện", "before acting"),
    "with": Text("khi thực hiện", "when acting"),
    "always": Text("không điều kiện", "without condition"),
    "revision": Text("phiên bản", "revision"),
    "until": Text("· thời gian làm thay đổi câu trả lời:", "· time changes the answer:"),
    "no_term": Text("không", "never"),
}


def say_fact(fact: Fact) -> Text:
    """Say *fact* in one sentence."""
    match fact.kind:
        case RoleAssignment() as role:
            return _say_role(role)
        case Consent() as consent:
            what = f"{', '.join(consent.purposes) or '*'} / {', '.join(consent.categories) or '*'}"
            said = f"`{consent.status}` ({consent.form or '?'})"
            return Text(
                f"`{consent.given_by}`: đồng ý {said} về `{consent.data_subject}` cho {what}",
                f"`{consent.given_by}`: consent {said} about `{consent.data_subject}` for {what}",
            )
        case Ground() as ground:
            return _say_ground(ground)
        case Containment() as containment:
            return Text(
                f"`{containment.entity}` thuộc `{containment.container}`",
                f"`{containment.entity}` lies in `{containment.container}`",
            )


def _say_role(role: RoleAssignment) -> Text:
    granted = Text("", "")
    if role.granted_by:
        granted = Text(f", do `{role.granted_by}` cấp", f", granted by `{role.granted_by}`")
    return Text(
        f"`{role.subject}` là {role.role} trong `{role.scope}`{granted.vi}",
        f"`{role.subject}` is {role.role} in `{role.scope}`{granted.en}",
    )


def _say_ground(ground: Ground) -> Text:
    parts = [f"{key}={_plain(value)}" for key, value in ground.properties.items()]
    people = [
        f"{name}={value}"
        for name, value in (("beneficiary", ground.beneficiary), ("data_subject", ground.data_subject))
        if value
    ]
    said = f"{ground.kind} `{ground.id}` ({ground.status}): {', '.join([*people, *parts])}"
    return Text(said, said)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "[" + ", ".join(str(item) for item in value) + "]"
    return str(value) if isinstance(value, Entity | int | str) else getattr(value, "isoformat", lambda: str(value))()
