"""What findings suggest, in Vietnamese. A hint that is a word or a form is the same in both languages."""

import re
from typing import Final

_VIETNAMESE: Final = {
    # --- Rows and files -----------------------------------------------------------------------------------------------
    "an empty policy is never served": "chính sách trống không bao giờ được áp dụng",
    "cite it, or say under `not_decidable_here` why not and whose duty it is": (
        "hãy dẫn câu này, hoặc ghi ở `not_decidable_here` vì sao không và đó là trách nhiệm của ai"
    ),
    "copy the sentence from the document": "hãy chép đúng câu từ văn bản",
    "end the file with a line break": "hãy kết thúc tệp bằng một dấu xuống dòng",
    "give the row an id of its own": "hãy đặt cho dòng này một mã riêng",
    "house rules are rows `p` and `p2` alone: groups of words belong to the operator's own folder": (
        "quy tắc nội bộ chỉ gồm các dòng `p` và `p2`: nhóm từ thuộc về thư mục riêng của nhà cung cấp"
    ),
    "keep one of them": "hãy giữ lại một trong số đó",
    "a to z without marks, digits, `_`, `-`, `.` and spaces": "a đến z không dấu, chữ số, `_`, `-`, `.` và dấu cách",
    "remove the comma before it": "hãy bỏ dấu phẩy đứng trước",
    "save the table as a CSV file with commas": "hãy lưu bảng thành tệp CSV với dấu phẩy",
    "move the comment to the line above": "hãy chuyển chú thích lên dòng trên",
    "put the comment on a line of its own": "hãy đặt chú thích trên một dòng riêng",
    "remove `absent`": "hãy bỏ `absent`",
    "remove `not_decidable_here`": "hãy bỏ `not_decidable_here`",
    "remove it": "hãy bỏ đi",
    "remove it, or narrow line {}": "hãy bỏ đi, hoặc thu hẹp dòng {}",
    "remove it, or remove `same_as`": "hãy bỏ đi, hoặc bỏ `same_as`",
    "remove one of the links": "hãy bỏ một trong các liên kết",
    "remove one of them": "hãy bỏ một trong số đó",
    "remove the character": "hãy xóa ký tự này",
    "remove the row": "hãy bỏ dòng này",
    "save it as `{}`": "hãy lưu thành `{}`",
    "save the file as UTF-8": "hãy lưu tệp bằng UTF-8",
    "save the file as UTF-8 without BOM": "hãy lưu tệp bằng UTF-8 không có BOM",
    "say the reading taken, the other reading, and what would change": (
        "hãy ghi cách hiểu được chọn, cách hiểu kia, và điều gì sẽ thay đổi"
    ),
    "see line {}": "xem dòng {}",
    "split the file": "hãy chia tệp ra",
    "write `allow` or `deny`": "hãy viết `allow` hoặc `deny`",
    # --- What a careful reader would ask ------------------------------------------------------------------------------
    "add a rule, or keep it when nothing allows what the sentence forbids": (
        "hãy thêm quy tắc, hoặc giữ nguyên khi không gì cho phép điều mà câu này cấm"
    ),
    "keep it when the sentence has to be named": "giữ nguyên nếu cần nêu câu này",
    "mend a condition, or remove the row": "hãy sửa một điều kiện, hoặc bỏ dòng này",
    "name a condition, or keep it when the sentence asks for none": (
        "hãy nêu điều kiện, hoặc giữ nguyên khi câu đã công bố không đòi điều kiện nào"
    ),
    "name the condition about consent, or owe something else": (
        "hãy nêu điều kiện về sự đồng ý, hoặc đặt nghĩa vụ khác"
    ),
    "name the purposes, or keep it when the sentence names none": (
        "hãy nêu các mục đích, hoặc giữ nguyên khi câu đã công bố không nêu mục đích nào"
    ),
    "nothing is said against the row; narrow its words or simplify its conditions, then look again": (
        "không có gì chống lại dòng này; hãy thu hẹp các từ hoặc đơn giản hóa điều kiện rồi xem lại"
    ),
    "remove it from groups.yaml with its grouping rows, or name it in a row": (
        "hãy bỏ khỏi groups.yaml cùng các dòng nhóm của nó, hoặc nêu nó trong một dòng"
    ),
    "remove the row, or narrow the others": "hãy bỏ dòng này, hoặc thu hẹp các dòng kia",
    "see line {}: narrow one of them, or keep it when the sentence says both": (
        "xem dòng {}: hãy thu hẹp một trong hai, hoặc giữ nguyên khi câu đã công bố nói cả hai"
    ),
    # --- What may be put in force -------------------------------------------------------------------------------------
    "let another person sign too": "hãy để một người khác ký thêm",
    "let the server write to the folder `last_in_force`": "hãy để máy chủ ghi được vào thư mục `last_in_force`",
    "let somebody sign whose key is pinned": "hãy để người có khóa được ghim ký",
    "put it back; rules that are meant to go are taken out of the file, or the server is started anew": (
        "hãy đặt lại tệp; quy tắc muốn bỏ thì xóa trong tệp, hoặc khởi động lại máy chủ"
    ),
    "put the file back, or sign the folder again": "hãy đặt lại tệp, hoặc ký lại thư mục",
    "put the folder back; until then the last good policy stays in force": (
        "hãy đặt lại thư mục; cho đến lúc đó chính sách tốt gần nhất vẫn có hiệu lực"
    ),
    "sign the folder again": "hãy ký lại thư mục",
    "write beside the folder, then rename": "hãy viết bên cạnh thư mục rồi đổi tên",
}

_FORMS: Final = tuple(
    (re.compile(re.escape(english).replace(r"\{\}", "(.+)")), vietnamese)
    for english, vietnamese in _VIETNAMESE.items()
    if "{}" in english
)


def hint_in(locale: str, hint: str) -> str:
    """Return *hint* in *locale*, as it is where it is no sentence."""
    if locale != "vi" or hint in _VIETNAMESE:
        return _VIETNAMESE[hint] if locale == "vi" else hint
    for form, vietnamese in reversed(_FORMS):
        if found := form.fullmatch(hint):
            return vietnamese.format(*found.groups())
    return hint
