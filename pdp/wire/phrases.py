"""What is said about each kind of mistake, in both languages; everything quoted is shortened before."""

from collections.abc import Iterable
from typing import Final

from pdp.core.fact_schema import ValueType
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind

WORDS: Final = {
    WordKind.OPERATOR: Text(vi="nhà cung cấp", en="operator"),
    WordKind.ROLE: Text(vi="vai trò", en="role"),
    WordKind.CATEGORY: Text(vi="loại dữ liệu", en="data category"),
    WordKind.ACTION: Text(vi="hành động", en="action"),
    WordKind.PURPOSE: Text(vi="mục đích", en="purpose"),
}
GROUND_KIND: Final = Text(vi="loại căn cứ", en="kind of ground")
STATUS: Final = Text(vi="trạng thái", en="status")
FORM: Final = Text(vi="hình thức", en="form")
PROPERTY_VALUE: Final = Text(vi="giá trị hợp lệ", en="value for this")

TYPES: Final = {
    ValueType.BOOL: Text(vi="`true` hoặc `false`", en="`true` or `false`"),
    ValueType.INT: Text(vi="một số nguyên", en="a whole number"),
    ValueType.STRING: Text(vi="văn bản", en="text"),
    ValueType.TIMESTAMP: Text(vi="một thời điểm dạng văn bản RFC 3339", en="an instant as RFC 3339 text"),
    ValueType.ENTITY: Text(vi="một thực thể dạng văn bản `type:id`", en="an entity as text, `type:id`"),
    ValueType.CATEGORY: Text(vi="một loại dữ liệu dạng văn bản", en="a data category as text"),
    ValueType.ROLE: Text(vi="một vai trò dạng văn bản", en="a role as text"),
    ValueType.ENUM: Text(vi="một trong các giá trị đã biết, dạng văn bản", en="one of the known values as text"),
}
LIST: Final = Text(vi="một danh sách", en="a list")
OBJECT: Final = Text(vi="một đối tượng", en="an object")
KEY: Final = Text(vi="một khóa dạng văn bản", en="a key that is text")
JSON_VALUE: Final = Text(vi="một giá trị JSON", en="a JSON value")

FACTS: Final = Text(vi="dữ kiện", en="facts")
SCOPES: Final = Text(vi="phạm vi", en="scopes")
KEYS: Final = Text(vi="khóa", en="keys")
ELEMENTS: Final = Text(vi="phần tử", en="elements")
REQUESTS: Final = Text(vi="yêu cầu", en="requests")

REQUIRED: Final = Text(vi="trường bắt buộc này còn trống", en="this required field is empty")
NO_KIND: Final = Text(
    vi="dữ kiện không nói gì: cần một vai trò, sự đồng ý, căn cứ hoặc quan hệ bao hàm",
    en="the fact says nothing: a role, a consent, a ground or a containment is needed",
)
GIVEN_CONSENT: Final = Text(vi="sự đồng ý đã được đưa ra (`given`)", en="a consent that is `given`")
EMPTY: Final = Text(
    vi="có giá trị nhưng để trống; nếu không biết thì bỏ hẳn phần này",
    en="a value is present and empty; leave it out where it is not known",
)
NULL: Final = Text(
    vi="`null` không được chấp nhận; nếu không biết thì bỏ hẳn phần này",
    en="`null` is not accepted; leave it out where it is not known",
)
OUT_OF_RANGE: Final = Text(
    vi="nằm ngoài khoảng giá trị giữ được chính xác", en="the value lies beyond what can be held exactly"
)
MALFORMED_TIMESTAMP: Final = Text(
    vi="không phải là một thời điểm theo RFC 3339, như `2026-11-17T09:00:00+07:00`",
    en="this is no instant as RFC 3339 writes it, like `2026-11-17T09:00:00+07:00`",
)
PAGE_TOKEN: Final = Text(
    vi="không phải là mã trang của chính câu hỏi này", en="this is no page token of this very question"
)
OFFSET_MISSING: Final = Text(
    vi="thời điểm thiếu độ lệch so với giờ UTC, như `+07:00`",
    en="the instant lacks its offset from UTC, like `+07:00`",
)
MORE_ERRORS: Final = Text(
    vi="còn những lỗi khác không được liệt kê", en="there are further mistakes that are not listed"
)
GIVEN_BY_SERVER: Final = Text(
    vi="mã của dữ kiện do máy chủ đặt; dữ kiện gửi kèm yêu cầu không có mã",
    en="the server gives facts their ids; a fact sent with a request has none",
)
TIME_OF_CHANGES: Final = Text(vi="thời điểm của một thay đổi do máy chủ đặt", en="the server sets the time of a change")
FILLED_IN: Final = Text(
    vi="máy chủ điền phần này từ dữ kiện được ghi hoặc xóa",
    en="the server fills this in from the fact that is written or deleted",
)
NOTHING_OF_THE_PAST: Final = Text(vi="quá khứ không thể bị xóa ở đây", en="the past cannot be deleted here")
NOTHING_SELECTED: Final = Text(
    vi="cần mã của dữ kiện, hoặc bộ lọc nêu `subject`, `scope` hoặc `data_subject`",
    en="ids are needed, or a filter that names `subject`, `scope` or `data_subject`",
)
KIND_OF_FACT: Final = Text(vi="loại dữ kiện", en="kind of fact")
EMPTY_TERM: Final = Text(
    vi="dữ kiện kết thúc trước hoặc ngay khi bắt đầu", en="the fact ends before, or at the instant when, it begins"
)
CONTAINS_ITSELF: Final = Text(vi="không gì có thể nằm trong chính nó", en="nothing lies in itself")
NOT_IN_BATCH: Final = Text(
    vi="trong một lô, độ mới được đặt cho cả lô chứ không cho từng yêu cầu",
    en="in a batch, freshness is set for the whole batch and not for one item",
)
LOOKUP_TOKEN: Final = Text(
    vi="không phải là mã trang của chính câu hỏi này, hoặc kết quả đã thay đổi: hãy hỏi lại từ đầu",
    en="this is no page token of this very question, or what it finds has changed: ask again from the beginning",
)
NOT_IN_PAST: Final = Text(
    vi="câu hỏi về quá khứ (`as_of`) được xét theo chính thời điểm ấy: bỏ `context.time`",
    en="a question about the past (`as_of`) is judged at that very instant: leave out `context.time`",
)
NOT_IN_PAST_OF_RECORD: Final = Text(
    vi="một quyết định đã ghi được xét theo chính thời điểm của nó: bỏ `as_of`",
    en="a decision on record is judged at its own instant: leave out `as_of`",
)
PAGE_SIZE: Final = Text(vi="một số từ 0 đến 1000", en="a number from 0 to 1000")
NOT_IN_CATEGORY: Final = Text(
    vi="một loại dữ liệu bằng hoặc hẹp hơn loại được hỏi (`category`)",
    en="a category that is, or lies in, the one asked about (`category`)",
)
NOT_UTF8: Final = Text(vi="không phải là văn bản UTF-8", en="the bytes are not UTF-8")
NOT_FINITE: Final = Text(vi="không phải là một số hữu hạn", en="this is no finite number")
NOT_UNICODE: Final = Text(
    vi="văn bản chứa một nửa cặp thay thế Unicode", en="the text holds half of a Unicode surrogate pair"
)


def lacks(owner: Text, part: str) -> Text:
    """Say that *owner* needs *part*."""
    return Text(vi=f"{owner.vi} phải có `{part}`", en=f"{owner.en} must carry `{part}`")


def ground_of(kind: str) -> Text:
    """Name a ground of *kind*."""
    return Text(vi=f"căn cứ loại `{kind}`", en=f"a ground of kind `{kind}`")


def unknown_word(noun: Text, word: str) -> Text:
    """Say that *word* is no known *noun*."""
    return Text(vi=f"không có {noun.vi} nào là `{word}`", en=f"`{word}` is no known {noun.en}")


def unknown_key(key: str) -> Text:
    """Say that *key* is no known property."""
    return Text(vi=f"không có thuộc tính nào là `{key}` ở đây", en=f"`{key}` is no known property here")


def unknown_field(name: str) -> Text:
    """Say that a message has no field *name*."""
    return Text(vi=f"không có trường nào tên `{name}` ở đây", en=f"there is no field `{name}` here")


def unknown_field_number(number: int) -> Text:
    """Say that field *number* means nothing to this version."""
    return Text(
        vi=f"phiên bản này không biết trường số {number} nên không thể bỏ qua nó",
        en=f"this version does not know field number {number} and so cannot pass over it",
    )


def key_of_another_operator(key: str, operator: str) -> Text:
    """Say that *key* has no use with *operator*."""
    return Text(
        vi=f"chính sách của `{operator}` không dùng thuộc tính `{key}`",
        en=f"the policy of `{operator}` has no use for the property `{key}`",
    )


def kind_of_another_operator(kind: str, operator: str) -> Text:
    """Say that *kind* of fact has no use with *operator*."""
    return Text(
        vi=f"chính sách của `{operator}` không dùng dữ kiện loại `{kind}`",
        en=f"the policy of `{operator}` has no use for facts of kind `{kind}`",
    )


def foreign_operator(named: str, operator: str) -> Text:
    """Say that *named* is not the *operator* that is asked."""
    return Text(
        vi=f"`{named}` không phải là nhà cung cấp của yêu cầu này, `{operator}`",
        en=f"`{named}` is not the operator of this request, `{operator}`",
    )


def wrong_type(expected: Text) -> Text:
    """Say what should stand here."""
    return Text(vi=f"ở đây phải là {expected.vi}", en=f"{expected.en} is expected here")


def malformed_entity(problem: str) -> Text:
    """Say why something is no entity; *problem* is one of the sentences of the core."""
    return Text(vi=f"tên thực thể không hợp lệ: {_in_vietnamese(problem)}", en=f"this is no entity: it {problem}")


def too_many(counted: Text, number: int, maximum: int) -> Text:
    """Say that there are *number* of something."""
    return Text(
        vi=f"có {number} {counted.vi}, nhiều hơn mức cho phép {maximum}",
        en=f"there are {number} {counted.en}, more than the {maximum} that are accepted",
    )


def too_long(maximum: int) -> Text:
    """Say that a text is too long."""
    return Text(vi=f"văn bản dài hơn {maximum} byte", en=f"the text is longer than {maximum} bytes")


def too_deep(maximum: int) -> Text:
    """Say that structures are nested too deeply."""
    return Text(vi=f"lồng nhau sâu hơn {maximum} cấp", en=f"nested more than {maximum} levels deep")


def not_held_in(role: str, scope_type: str, held_in: Iterable[str]) -> Text:
    """Say in what a role can be held."""
    accepted = ", ".join(f"`{type_}`" for type_ in held_in)
    return Text(
        vi=f"vai trò `{role}` không thể được giữ trong `{scope_type}`, chỉ trong {accepted}",
        en=f"the role `{role}` cannot be held in a `{scope_type}`, only in {accepted}",
    )


def never_assigned(role: str) -> Text:
    """Say that whoever the data is about holds *role*."""
    return Text(
        vi=f"vai trò `{role}` không bao giờ được gán: người mà dữ liệu nói về mặc nhiên giữ vai trò này",
        en=f"the role `{role}` is never assigned: whoever the data is about holds it",
    )


def two_truths(other: str) -> Text:
    """Say that the fact at *other* says something else of the same thing."""
    return Text(
        vi=f"mâu thuẫn với `{other}`: cùng một sự kiện, trong cùng một thời gian",
        en=f"this contradicts `{other}`, which is about the same thing at the same time",
    )


def not_json(line: int, column: int) -> Text:
    """Say where a text stops being JSON."""
    return Text(
        vi=f"không đọc được JSON ở dòng {line}, cột {column}", en=f"not valid JSON at line {line}, column {column}"
    )


def duplicate_key(key: str) -> Text:
    """Say that *key* stands twice in one object."""
    return Text(vi=f"khóa `{key}` xuất hiện nhiều lần", en=f"the key `{key}` stands more than once")


def several_forms(names: Iterable[str]) -> Text:
    """Say that only one of *names* may be set."""
    listed = ", ".join(f"`{name}`" for name in names)
    return Text(vi=f"chỉ được đặt một trong các trường {listed}", en=f"only one of {listed} may be set")


_VIETNAMESE: Final = {
    "lacks the colon of `type:id`": "thiếu dấu hai chấm của `type:id`",
    "has a type that is not": "loại phải là một chữ cái thường rồi đến nhiều nhất 31 ký tự a-z, 0-9 và _",
    "has an empty id": "phần mã còn trống",
    "has an id of more than": "mã dài hơn 256 byte",
    "has an id with a control character": "mã chứa ký tự điều khiển",
    "has an id with a format character": "mã chứa ký tự định dạng vô hình",
    "has an id with a surrogate": "mã chứa một nửa cặp thay thế Unicode",
    "has an id with an unassigned character": "mã chứa ký tự chưa được gán trong Unicode",
    "has an id that is not in Unicode NFC": "mã không ở dạng Unicode NFC",
    "has an id with a space at an end": "mã có khoảng trắng ở đầu hoặc cuối",
}


def _in_vietnamese(problem: str) -> str:
    """Return the Vietnamese for a sentence of `pdp.core.entity`; a character that it names is named here too."""
    for beginning, sentence in _VIETNAMESE.items():
        if problem.startswith(beginning):
            named = problem.removeprefix(beginning) if problem.endswith(")") else ""
            return f"{sentence}{named}"
    return problem
