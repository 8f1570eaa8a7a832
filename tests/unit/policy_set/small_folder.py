"""A small policy folder without a fault, and the ways to break it at one place."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from pdp.core.fact_schema import FactSchema
from pdp.core.finding import Finding
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.policy_set import PolicySet, build_policy_set, check_folder
from pdp.policy_set.model_check import default_model
from pdp.words import load_fact_schema, load_vocabulary

OPERATOR: Final = "kidsonline"
MARK: Final = "▲"
"""Stands right before the character that a finding has to point at; it is taken out before anything is read."""

_POLICY: Final = """\
# Who may do what.
p, guardian-reads, allow, guardian, read, child_data, following, signed_in and registered, KIDS-1.7, nothing
p, guardian-grants, allow, primary_guardian, grant_access, family_access, any, signed_in, KIDS-1.9, record_grant
p, mail-goes-on, allow, operator, send, support_request, customer_support, always, KIDS-4.2, route_to_product_mailbox
p, no-sale, deny, any, sell, personal_data, any, always, KIDS-1.13, nothing
p, no-outsiders, deny, third_party, hands_out, personal_data, any, without_consent, KIDS-1.13, nothing
p2, line-family, any, read, child_data, any, KIDS-1.7

g2, share, hands_out
g2, disclose, hands_out
g4, education, following
g4, family_follow_up, following

# The family tree of the vocabulary.
"""

_CONDITIONS: Final = """\
signed_in:
  same_as: signed_in
  clause: KIDS-2.1

registered:
  vi: đã đăng ký cho chính trẻ này
  en: registered for this very child
  clause: KIDS-1.7
  when: >-
    some registration where (
      its beneficiary is subject and its data_subject is resource.data_subject
      and its status is active)

consented:
  vi: người giám hộ chính đồng ý
  en: a primary guardian consents
  clause: KIDS-1.13
  when: each person (consent from primary_guardian where (its form is written))

without_consent:
  vi: không có sự đồng ý
  en: without consent
  clause: KIDS-1.13
  when: not consented
  reading:
    vi: Bấm nút không phải là văn bản.
    en: A button pressed is no writing.
  other_reading:
    vi: Bấm nút là văn bản.
    en: A button pressed is writing.
  would_change:
    vi: Sẽ được phép khi đã bấm nút.
    en: A button pressed would do.
"""

_CLAUSES: Final = """\
KIDS-0:
  section: Mở đầu
  quote: Chúng tôi yêu trẻ.
  en: We love children.
  kind: none

KIDS-1.7:
  section: Quyền xem
  quote: Chỉ gia đình đã đăng ký được xem ảnh của trẻ.
  en: Only registered family sees the child.
  kind: decision

KIDS-1.9:
  section: Quyền xem
  lead_in: 'Người giám hộ chính có quyền:'
  quote: đăng ký người khác trong gia đình.
  en: The primary guardian registers others.
  kind: decision

KIDS-1.13:
  section: Bảo mật
  quote: Không chia sẻ với bên thứ ba.
  en: Nothing is shared with third parties.
  kind: decision
  contradicts: [KIDS-2.3]

KIDS-2.1:
  section: Bảo mật
  quote: Người dùng phải đăng nhập.
  en: Users sign in.
  kind: decision

KIDS-2.3:
  section: Bảo mật
  quote: Máy chủ có chứng chỉ.
  en: The server has a certificate.
  kind: obligation
  contradicts: [KIDS-1.13]
  not_decidable_here:
    vi: Không phải là một lần truy cập.
    en: It is no access.

KIDS-4.2:
  section: Liên hệ
  quote: Yêu cầu được gửi đến hộp thư của sản phẩm.
  en: Requests go to the mailbox of the product.
  kind: decision
"""

_DOCUMENT: Final = """\
CHÍNH SÁCH   Chúng tôi yêu trẻ. Chỉ gia đình đã đăng ký được xem ảnh
của trẻ. Người giám hộ chính có quyền: a) xem ảnh; đăng ký người khác trong gia đình. Không chia sẻ với bên thứ ba.
Người dùng phải đăng nhập. Máy chủ có chứng chỉ. Yêu cầu được gửi đến hộp thư của sản phẩm.
"""

_GRANTING: Final = """\
family_member:
  by: [primary_guardian]
  required: yes
  clause: KIDS-1.9
"""

_GROUPS: Final = """\
hands_out:
  of: actions
  vi: chia sẻ hoặc tiết lộ
  en: share or disclose

following:
  of: purposes
  vi: theo dõi trẻ
  en: following the child
"""

_OBLIGATIONS: Final = """\
record_grant:
  clause: KIDS-1.9
  before: no

route_to_product_mailbox:
  clause: KIDS-4.2
  before: yes
  parameters:
    product:
      - {when: registered, is: kidsonline}
      - {is: schoolonline}
"""

_RETENTION: Final = """\
consent:
  days: 3650
  clause: KIDS-1.9
"""

_PROPERTIES: Final = """\
camera:
  vi: máy quay
  en: camera
  type: string
"""

_SHARED: Final = """\
signed_in:
  vi: đã đăng nhập
  en: signed in
  when: context.authenticated is yes
"""

Files = Mapping[str, bytes]


def the_vocabulary() -> Vocabulary:
    """Return the vocabulary of the package."""
    return load_vocabulary()


def the_schema() -> FactSchema:
    """Return the fact schema of the package."""
    return load_fact_schema(load_vocabulary())


def family_tree() -> str:
    """Return the grouping rows of the vocabulary, each on a line."""
    kinds = {"g": WordKind.ROLE, "g2": WordKind.ACTION, "g3": WordKind.CATEGORY, "g4": WordKind.PURPOSE}
    return "".join(
        f"{type_}, {word.id}, {word.broader}\n"
        for type_, kind in kinds.items()
        for word in the_vocabulary().words(kind).values()
        if word.broader is not None
    )


@cache
def the_files() -> Files:
    """Return the folder without a fault, by path."""
    own = {
        "policy.csv": _POLICY + family_tree(),
        "conditions.yaml": _CONDITIONS,
        "clauses.yaml": _CLAUSES,
        "document.txt": _DOCUMENT,
        "granting.yaml": _GRANTING,
        "retention.yaml": _RETENTION,
        "groups.yaml": _GROUPS,
        "obligations.yaml": _OBLIGATIONS,
        "properties.yaml": _PROPERTIES,
    }
    named = {f"{OPERATOR}/{name}": text.encode() for name, text in own.items()}
    return named | {f"{OPERATOR}/model.conf": the_model().encode(), "shared/conditions.yaml": _SHARED.encode()}


def the_model() -> str:
    """Return the model that every folder uses."""
    return default_model()


def with_text(path: str, text: str) -> Files:
    """Return the folder with another file at *path*."""
    return {**the_files(), path: text.encode()}


def edited(path: str, old: str, new: str) -> Files:
    """Return the folder with *old*, which stands once in *path*, replaced by *new* and the mark taken out."""
    text = the_files()[path].decode()
    if text.count(old) != 1:
        raise ValueError(f"`{old}` stands {text.count(old)} times in {path}")
    return with_text(path, text.replace(old, new).replace(MARK, ""))


def place_of_mark(path: str, old: str, new: str) -> tuple[int, int]:
    """Return the line and the column of the mark that *new* brings into the file."""
    before = the_files()[path].decode().replace(old, new).partition(MARK)[0]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def findings(files: Files, operator: str = OPERATOR) -> tuple[Finding, ...]:
    """Return every finding in the folder."""
    return check_folder(operator, list(files.items()), the_vocabulary(), the_schema())


def build(files: Files, operator: str = OPERATOR) -> PolicySet:
    """Return the policy set of the folder; raise InvalidPolicyError when it may not be served."""
    return build_policy_set(operator, list(files.items()), the_vocabulary(), the_schema())
