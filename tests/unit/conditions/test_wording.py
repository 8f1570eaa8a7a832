"""How conditions, and what is missing from them, are said in both languages."""

from datetime import UTC, datetime

import pytest

from pdp.conditions import say
from pdp.core.circumstances import Circumstances
from pdp.core.text import Text
from tests.unit.conditions.situations import (
    HOMEID,
    KIDSONLINE,
    LAN,
    MOTHER,
    ONMEETING,
    WELEARNING,
    a_consent,
    a_family,
    a_ground,
    circumstances,
    lacks,
    named,
    read,
)

_SAID = [
    pytest.param(
        KIDSONLINE,
        "context.authenticated is yes and context.authentication_method is password",
        "việc đăng nhập đã được kiểm tra và cách xác thực là mật khẩu",
        "the sign-in was checked and the authentication method is password",
        id="both",
    ),
    pytest.param(
        KIDSONLINE,
        "context.channel is one of [web, mobile_app]",
        "kênh thực hiện là một trong: trang web, ứng dụng di động",
        "the channel is one of the web, the mobile app",
        id="one-of",
    ),
    pytest.param(
        KIDSONLINE,
        "not context.channel is one of [web, mobile_app]",
        "kênh thực hiện không thuộc: trang web, ứng dụng di động",
        "the channel is not one of the web, the mobile app",
        id="not-one-of",
    ),
    pytest.param(
        KIDSONLINE,
        "context.transport_encrypted is no or context.channel is web",
        "(không phải: dữ liệu được truyền qua kết nối mã hóa) hoặc kênh thực hiện là trang web",
        "(it is not so that the data travels encrypted) or the channel is the web",
        id="no-statement",
    ),
    pytest.param(
        KIDSONLINE,
        "context.recipient has type school and not subject has type user",
        "bên nhận là trường mầm non và người yêu cầu không phải là người dùng",
        "the recipient is a kindergarten and the subject is not a user",
        id="type",
    ),
    pytest.param(
        KIDSONLINE,
        "subject holds teacher in class and not context.recipient holds operator_staff",
        "người yêu cầu giữ vai trò giáo viên ở cấp lớp học và bên nhận không giữ vai trò nhân viên của nhà cung cấp",
        "the subject holds the role teacher in the class itself and the recipient does not hold the role employee of "
        "the operator",
        id="roles",
    ),
    pytest.param(
        KIDSONLINE,
        "context.special_case is stated and not resource.pictured is stated",
        "có nêu lý do của trường hợp đặc biệt và không nêu những người có mặt trong ảnh",
        "the reason for the special case is stated and the persons pictured are not stated",
        id="stated",
    ),
    pytest.param(
        KIDSONLINE,
        "resource.fields is within [name, birth_date]",
        "các trường thông tin được yêu cầu chỉ gồm: name, birth_date",
        "the fields asked for are only name, birth_date",
        id="within",
    ),
    pytest.param(
        KIDSONLINE,
        "resource.pictured includes child:minh and subject is not in resource.pictured",
        "những người có mặt trong ảnh có `child:minh` và người yêu cầu không thuộc những người có mặt trong ảnh",
        "the persons pictured include `child:minh` and the subject is not among the persons pictured",
        id="lists",
    ),
    pytest.param(
        KIDSONLINE,
        "some registration where (its beneficiary is subject and its registrar is in resource.scopes)",
        "có đăng ký được xem thông tin của trẻ mà (người được dựa vào căn cứ là người yêu cầu và nơi đăng ký thuộc nơi "
        "chứa dữ liệu (lớp, trường, ...))",
        "there is a registration to see a child's data for which (the beneficiary is the subject and the registrar is "
        "among the scopes of the data)",
        id="ground",
    ),
    pytest.param(
        WELEARNING,
        "some invitation and no technical_fault where (its status is open)",
        "có lời mời vào hệ thống và (không có lỗi kỹ thuật mà trạng thái là đang khắc phục)",
        "there is an invitation and (there is no technical fault for which the status is open)",
        id="no-ground",
    ),
    pytest.param(
        KIDSONLINE,
        "consent from primary_guardian where (its form is written and its explicit is yes)",
        "có sự đồng ý của người giám hộ chính cho đúng việc này, trong đó (hình thức là văn bản và sự đồng ý được đưa "
        "ra cho đúng việc này)",
        "there is a consent by a primary guardian for exactly this, in which (the form is written and the consent was "
        "given for exactly this)",
        id="consent",
    ),
    pytest.param(
        KIDSONLINE,
        "refusal from primary_guardian or data_subject and no refusal from operator",
        "người giám hộ chính hoặc chủ thể dữ liệu đã từ chối hoặc rút lại sự đồng ý cho việc này và không có lời từ "
        "chối hay rút lại nào của nhà cung cấp đối với việc này",
        "a refusal or withdrawal of this by a primary guardian or the person the data is about is in force "
        "and no refusal or withdrawal of this by an operator is in force",
        id="refusal",
    ),
    pytest.param(
        KIDSONLINE,
        "each person (not consent from operator or subject is person)",
        "với từng người có trong dữ liệu: (không có sự đồng ý của nhà cung cấp cho đúng việc này hoặc người yêu cầu là "
        "người mà dữ liệu nói về)",
        "for each person in the data: (there is no consent by an operator for exactly this or the subject is the "
        "person concerned)",
        id="each-person",
    ),
    pytest.param(
        KIDSONLINE,
        "now is before 3 days after context.session_started_at",
        "thời điểm này trước mốc 3 ngày sau thời điểm bắt đầu phiên",
        "this moment is earlier than 3 days after the start of the session",
        id="term",
    ),
    pytest.param(
        KIDSONLINE,
        "not now is after 1 year after context.session_started_at",
        "thời điểm này không sau mốc 1 năm sau thời điểm bắt đầu phiên",
        "this moment is not later than 1 year after the start of the session",
        id="not-after",
    ),
    pytest.param(
        ONMEETING,
        "resource.participants_after is at most resource.max_participants and resource.minutes is less than 60",
        "số người tham gia sau thao tác nhiều nhất là số người tham gia tối đa của gói và thời lượng cuộc họp tính "
        "bằng phút nhỏ hơn 60",
        "the number of participants afterwards is at most the participant limit of the plan and the length of the "
        "meeting in minutes is less than 60",
        id="numbers",
    ),
    pytest.param(
        HOMEID,
        "some authorisation where (its categories cover the category)",
        "có văn bản ủy quyền mà loại thông tin được ủy quyền bao gồm loại dữ liệu được hỏi",
        "there is an authorisation for which the categories authorised cover the category asked for",
        id="categories",
    ),
    pytest.param(
        KIDSONLINE,
        "not (signed_in and context.necessary is yes)",
        "không phải: (signed in và yêu cầu được giới hạn ở mức cần thiết cho mục đích đã nêu)",
        "it is not so that (signed in and the request is limited to what the purpose needs)",
        id="named",
    ),
]


@pytest.mark.parametrize(("operator", "text", "vi", "en"), _SAID)
def test_a_condition_is_said_as_a_sentence(operator: str, text: str, vi: str, en: str) -> None:
    """Each kind of expression reads as a sentence in Vietnamese and in English."""
    signed_in = named("signed_in", "context.authenticated is yes")

    assert say(read(text, operator), {"signed_in": signed_in}) == Text(vi, en)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("not context.authenticated is yes or b", "not (context.authenticated is yes or b)"),
        ("context.channel is web and a or b", "context.channel is web and (a or b)"),
        ("some support_ticket where (a) and b", "some support_ticket where (a and b)"),
        ("each person (a) and b", "each person (a and b)"),
        ("consent from guardian where (a) or b", "consent from guardian where (a or b)"),
        ("not a and b", "not (a and b)"),
    ],
)
def test_two_conditions_never_read_alike(one: str, other: str) -> None:
    """How far a `not`, a `where` or an `each person` goes can be read from the sentence, in both languages."""
    conditions = {name: named(name, "context.authenticated is yes") for name in ("a", "b")}
    first, second = say(read(one), conditions), say(read(other), conditions)

    assert first.vi != second.vi
    assert first.en != second.en


def test_a_status_is_said_as_its_own_kind_of_ground_says_it() -> None:
    """`open` of an incident is not the `open` of a ticket."""
    said = say(read("some incident where (its status is open)", ONMEETING), {})

    assert said.vi == "có sự cố mà trạng thái là đang diễn ra"


_EARLY = datetime(2026, 9, 1, tzinfo=UTC)
_CLOSED = a_ground(beneficiary=MOTHER, status="closed")
_LACKS = [
    pytest.param(
        "context.channel is web",
        circumstances(),
        "kênh thực hiện là trang web – thiếu `context.channel`",
        "the channel is the web – `context.channel` is missing",
        id="missing",
    ),
    pytest.param(
        "context.channel is web",
        circumstances(context_channel="email"),
        "kênh thực hiện là trang web – thực tế: `email`",
        "the channel is the web – it is `email`",
        id="another-value",
    ),
    pytest.param(
        "context.authenticated is yes",
        circumstances(context_authenticated=False),
        "việc đăng nhập đã được kiểm tra – thực tế: không",
        "the sign-in was checked – in fact not",
        id="not-so",
    ),
    pytest.param(
        "subject.product is resource.product",
        circumstances(subject_product="kidsonline"),
        "sản phẩm mà nhân viên phụ trách là sản phẩm của yêu cầu hỗ trợ – thiếu `resource.product`",
        "the product of the staff member is the product of the support request – `resource.product` is missing",
        id="missing-on-the-right",
    ),
    pytest.param(
        "not context.channel is web",
        circumstances(),
        "kênh thực hiện không phải là trang web – thiếu `context.channel`",
        "the channel is not the web – `context.channel` is missing",
        id="missing-in-a-negation",
    ),
    pytest.param(
        "context.channel is web or context.channel is phone",
        circumstances(context_channel="email"),
        "kênh thực hiện là trang web – thực tế: `email`; hoặc kênh thực hiện là điện thoại – thực tế: `email`",
        "the channel is the web – it is `email`; or the channel is phone – it is `email`",
        id="either",
    ),
    pytest.param(
        "some support_ticket where (its beneficiary is subject and its status is open)",
        circumstances(_CLOSED),
        "phiếu hỗ trợ `support_ticket:t-1` còn thiếu: người được dựa vào căn cứ là người yêu cầu – thực tế: `user:mẹ`; "
        "trạng thái là đang mở – thực tế: `closed`",
        "the support ticket `support_ticket:t-1` lacks: the beneficiary is the subject – it is `user:mẹ`; the status "
        "is open – it is `closed`",
        id="nearest-ground",
    ),
    pytest.param(
        "some support_ticket where (its beneficiary is subject)",
        circumstances(a_ground(beneficiary=None)),
        "phiếu hỗ trợ `support_ticket:t-1` còn thiếu: người được dựa vào căn cứ là người yêu cầu – thực tế: không nêu",
        "the support ticket `support_ticket:t-1` lacks: the beneficiary is the subject – none is named",
        id="empty-beneficiary",
    ),
    pytest.param(
        "some support_ticket",
        circumstances(),
        "không có phiếu hỗ trợ nào",
        "there is no support ticket",
        id="no-ground",
    ),
    pytest.param(
        "consent from primary_guardian",
        circumstances(*a_family()),
        "không có sự đồng ý của người giám hộ chính nào bao gồm việc này",
        "no consent by a primary guardian covers this",
        id="no-consent",
    ),
    pytest.param(
        "consent from primary_guardian where (its form is written)",
        circumstances(*a_family(), a_consent(form="electronic")),
        "sự đồng ý của người giám hộ chính còn thiếu: hình thức là văn bản – thực tế: `electronic`",
        "the consent by a primary guardian lacks: the form is written – it is `electronic`",
        id="consent-that-falls-short",
    ),
    pytest.param(
        "each person (consent from primary_guardian)",
        circumstances(data_subject=None),
        "không nêu dữ liệu nói về ai",
        "nobody is named whom the data is about",
        id="nobody-named",
    ),
    pytest.param(
        "resource.fields is within [email]",
        circumstances(resource_fields=("email", "phone")),
        "các trường thông tin được yêu cầu chỉ gồm: email – thực tế: `email`, `phone`",
        "the fields asked for are only email – they are `email`, `phone`",
        id="list",
    ),
    pytest.param(
        "resource.fields is within [email]",
        circumstances(),
        "các trường thông tin được yêu cầu chỉ gồm: email – thực tế: toàn bộ",
        "the fields asked for are only email – all of it is asked for",
        id="all-fields",
    ),
    pytest.param(
        "context.session_started_at is after now",
        circumstances(context_session_started_at=_EARLY),
        "thời điểm bắt đầu phiên sau thời điểm này – thực tế: 2026-09-01 07:00:00+07:00",
        "the start of the session is later than this moment – it is 2026-09-01 07:00:00+07:00",
        id="instant",
    ),
    pytest.param(
        "context.recipient holds guardian",
        circumstances(context_recipient=LAN),
        "bên nhận giữ vai trò người giám hộ – thực tế: `user:lan`",
        "the recipient holds the role parent or legal guardian – it is `user:lan`",
        id="role",
    ),
]


@pytest.mark.parametrize(("text", "given", "vi", "en"), _LACKS)
def test_what_is_lacking_is_named_with_the_value_found(text: str, given: Circumstances, vi: str, en: str) -> None:
    """A denial says which piece is missing, and what stood there instead."""
    assert lacks(text, given) == (Text(vi, en),)


def test_nothing_is_lacking_from_what_holds() -> None:
    """A condition that is true lacks nothing."""
    assert lacks("context.channel is web", circumstances(context_channel="web")) == ()


def test_only_the_parts_that_failed_are_told() -> None:
    """Of an `and`, each part that is not true is told and no other."""
    given = circumstances(context_authenticated=True, context_channel="email")

    said = lacks("context.authenticated is yes and context.channel is web and context.necessary is yes", given)

    assert [text.en for text in said] == [
        "the channel is the web – it is `email`",
        "the request is limited to what the purpose needs – `context.necessary` is missing",
    ]


def test_a_named_condition_is_told_with_what_it_lacks() -> None:
    """The words of the condition come first, what is missing from it in brackets."""
    encrypted = named("sent_encrypted", "context.transport_encrypted is yes")

    (said,) = lacks("sent_encrypted", circumstances(), encrypted)

    assert said.en == "sent encrypted (the data travels encrypted – `context.transport_encrypted` is missing)"
