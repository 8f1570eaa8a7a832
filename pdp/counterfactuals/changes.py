"""What a search found, as an explanation shows it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pdp.core.decision import Effect
from pdp.core.explanation import NO_TEXT, Change, SearchOutcome, WouldAllow
from pdp.core.facts import Fact
from pdp.core.request import Request
from pdp.core.text import Text, join_texts
from pdp.counterfactuals.bringing import brought_about_by
from pdp.counterfactuals.saying import say_circumstance, say_step
from pdp.counterfactuals.search import Budget, FoundChanges, find_changes
from pdp.counterfactuals.steps import Add, End, Meet, Step
from pdp.counterfactuals.world import World
from pdp.policy_set import PolicySet

_HELD = Text(
    "với cùng người yêu cầu, hành động, dữ liệu và mục đích",
    "with the same subject, action, data and purpose",
)


def would_allow(
    policy: PolicySet,
    request: Request,
    stored: tuple[Fact, ...],
    at: datetime,
    budget: Budget | None = None,
    *,
    proves: bool = True,
) -> WouldAllow:
    """Return the changes that would make a denial of *request* an allow, or what the search for them came to.

    *stored* holds every stored fact that could matter to the question, whoever asks it. Where some may be missing,
    *proves* is False: that nothing was found then proves nothing.
    """
    found = find_changes(policy, request, stored, at, budget)
    if found.outcome is SearchOutcome.NOTHING and found.followed and not proves:
        found = replace(found, outcome=SearchOutcome.BOUNDED)
    origin = World(policy, request, stored, at)
    return WouldAllow(
        found.outcome, tuple(_change(steps, origin.after(steps)) for steps in found.sets), _message(found)
    )


def _change(steps: tuple[Step, ...], world: World) -> Change:
    said = [say_step(step, world) for step in steps]
    by = [brought_about_by(step, world) for step in steps]
    return Change(
        add=tuple(step.fact for step in steps if isinstance(step, Add)),
        end=tuple(step.fact for step in steps if isinstance(step, End)),
        circumstances=tuple(say_circumstance(step) for step in steps if isinstance(step, Meet)),
        message=join_texts((one.full for one in said), "; ", "; "),
        by_whom=_listed(full for full, _ in by),
        in_kind=join_texts((one.in_kind for one in said), "; ", "; "),
        by_role=_listed(role for _, role in by),
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(name for name in names if name))


def _message(found: FoundChanges) -> Text:
    match found.outcome:
        case SearchOutcome.NOT_SEARCHED:
            return NO_TEXT
        case SearchOutcome.FOUND:
            return NO_TEXT
        case SearchOutcome.BOUNDED:
            return Text(
                "không tìm thấy cách nào trong giới hạn tìm kiếm; điều đó không chứng minh rằng không có",
                "none was found within the bounds of the search, which does not prove that there is none",
            )
        case SearchOutcome.FAILED:
            return Text(
                "có lỗi khi xét, nên không biết điều gì sẽ giúp được", "deciding failed, so nobody can say what would"
            )
        case SearchOutcome.NOTHING:
            return _proof(found)


def _proof(found: FoundChanges) -> Text:
    """Say that nothing would, and for want of what."""
    nothing = Text(
        f"không sự kiện hay hoàn cảnh nào làm cho việc này được phép, {_HELD.vi}",
        f"no fact and no circumstance would allow it, {_HELD.en}",
    )
    if not found.followed:
        return Text(
            f"{nothing.vi}: không quy tắc nào cho phép việc này, dù ai yêu cầu",
            f"{nothing.en}: no rule allows this, whoever asks",
        )
    parts = []
    for rule in found.blockers:
        name = f"`{rule.id}` ({rule.clause})"
        if rule.effect is Effect.DENY:
            parts.append(Text(f"{name} luôn từ chối", f"{name} denies whatever else holds"))
        else:
            parts.append(
                Text(
                    f"{name} đòi hỏi điều mà chính câu hỏi không đáp ứng",
                    f"{name} asks for what the question itself does not meet",
                )
            )
    followed = Text(
        f"đã xét đến cùng {found.followed} quy tắc cho phép",
        f"{found.followed} allowing rules were followed to the end",
    )
    why = join_texts(parts or [followed], "; ", "; ")
    return Text(f"{nothing.vi}: {why.vi}", f"{nothing.en}: {why.en}")
