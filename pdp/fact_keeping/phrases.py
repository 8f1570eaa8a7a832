"""What is said about changes of facts that are refused, in both languages."""

from typing import Final

from pdp.core.text import Text

UNKNOWN_FACT: Final = Text(vi="không có dữ kiện nào có mã này", en="there is no fact with this id")
TWICE: Final = Text(
    vi="cùng một dữ kiện được nêu hai lần trong một lần ghi", en="the same fact is named twice in one write"
)
CYCLE: Final = Text(
    vi="quan hệ bao hàm sẽ đi vòng: một thứ sẽ nằm trong chính nó",
    en="the containment would go round in a circle: something would lie in itself",
)
NOT_THE_ACTOR: Final = Text(
    vi="phải là chính người thực hiện (`actor`), hoặc để trống", en="this must be the actor, or be left empty"
)
NOT_THE_GIVER: Final = Text(
    vi=(
        "chỉ chính người đã nói mới được ghi hoặc xóa lời đồng ý của mình; nhân viên của nhà cung cấp cần một phiếu"
        " hỗ trợ đang mở của chính người đó, đã xác minh, được giao cho mình"
    ),
    en=(
        "only whoever said it may put a consent down or take it out; staff of the operator need an open ticket of that"
        " very person, verified, that is assigned to them"
    ),
)


def too_many(number: int, maximum: int) -> Text:
    """Say that a filter selects too much."""
    return Text(
        vi=f"bộ lọc chọn {number} dữ kiện, nhiều hơn mức cho phép {maximum}",
        en=f"the filter selects {number} facts, more than the {maximum} that are accepted",
    )
