"""What each event of the log means, once, in both languages; the page of events is made from this."""

from collections.abc import Mapping
from typing import Final

from pdp.core.text import Text
from pdp.server.events import Event

MEANINGS: Final[Mapping[Event, Text]] = {
    Event.READY: Text(
        vi="máy chủ trả lời: `address`, `revision` (một mã cho mọi nhà cung cấp), `pid`, `workers`, `tiers`, `version`,"
        " và `metrics` nếu có trang số đo",
        en="the server answers: `address`, `revision` (one digest over all operators'), `pid`, `workers` (their process"
        " ids), `tiers` (how each operator's policy set is evaluated), `version`, and `metrics` where they are shown",
    ),
    Event.NOT_READY: Text(
        vi="như `ready`, sự kiện sẽ theo sau; cho đến lúc đó chưa có kho và những gì cần kho bị từ chối",
        en="as `ready`, which follows; until then the store is not there and what needs it is refused",
    ),
    Event.STORE_NOT_THERE: Text(
        vi="không dùng được kho: `reason`; máy chủ báo là chưa sẵn sàng và thử lại mãi",
        en="the store cannot be used: `reason`; the server says that it is not ready, and tries again and again",
    ),
    Event.STORE_THERE: Text(vi="bây giờ đã dùng được kho", en="the store can be used now"),
    Event.WORKER_READY: Text(
        vi="một tiến trình trả lời: `address`, `revision`, `pid`, `core`",
        en="a worker process answers: `address`, `revision`, `pid`, `core`",
    ),
    Event.WORKER_DIED: Text(
        vi="tiến trình `worker` kết thúc với mã `code` dù không ai yêu cầu; một tiến trình khác thay chỗ",
        en="the process `worker` ended with `code` though nobody had asked it to; another takes its place",
    ),
    Event.WORKER_GIVEN_UP: Text(
        vi="như trên, nhưng nó chưa bao giờ trả lời hoặc đã có quá nhiều tiến trình chết; máy chủ dừng",
        en="the same, but it never answered or too many have died; the server ends",
    ),
    Event.WORKER_FAILED: Text(
        vi="một tiến trình gặp lỗi của chính chương trình",
        en="a worker process met an error of ours",
    ),
    Event.WORKER_LEFT_BEHIND: Text(
        vi="tiến trình `worker` không theo kịp một thay đổi chính sách; nó bị dừng và thay thế",
        en="the process `worker` did not go along with a change of policy; it is ended and replaced",
    ),
    Event.POLICY_ACTIVATED: Text(
        vi="mọi tiến trình trả lời cho `operator` theo bản `revision`; do `by`, và `revision_of_all`",
        en="`operator` answers from `revision` in every worker; `by` whom, and `revision_of_all`",
    ),
    Event.POLICY_REFUSED: Text(
        vi="nội dung trong thư mục của `operator` không được phép phục vụ: `findings`; bản `stays` vẫn trả lời",
        en="what lies in the folder of `operator` may not be served: `findings`; the revision `stays` goes on"
        " answering",
    ),
    Event.POLICY_NOT_BUILT: Text(
        vi="các tiến trình không dựng được bộ mới của `operator`, hoặc dựng ra những bộ khác nhau: `errors`; mọi thứ"
        " giữ nguyên",
        en="workers could not build the new set of `operator`, or built different ones: `errors`; everything stays",
    ),
    Event.POLICY_NOT_REMEMBERED: Text(
        vi="không ghi nhớ được chính sách đang có hiệu lực của `operator` trong thư mục `last_in_force`; sau khi"
        " khởi động lại, thay đổi tiếp theo cần hai người ký",
        en="what is in force for `operator` could not be kept in the folder `last_in_force`; after a restart two"
        " persons have to sign the next edit",
    ),
    Event.CLOCK_STEPPED: Text(
        vi="đồng hồ của máy đã bị đặt lại, đi `seconds` so với thời gian thực sự trôi qua",
        en="the machine's clock was set: it went on by `seconds` more than time had passed, or less",
    ),
    Event.CLOCK_DOUBTED: Text(
        vi="đồng hồ lệch `seconds` so với kho, quá xa để tin; máy chủ báo là chưa sẵn sàng và vẫn trả lời",
        en="the clock is `seconds` from the store's, too far to be relied on; the server says that it is not ready,"
        " and goes on answering",
    ),
    Event.CLOCK_TRUSTED: Text(
        vi="đồng hồ lại khớp với kho; còn lệch `seconds`",
        en="the clock agrees with the store's again, to `seconds`",
    ),
    Event.OPEN_TO_LOCAL: Text(
        vi="chưa khai báo bên gọi: ai kết nối cũng là bên gọi `local`, được làm mọi việc",
        en="no callers are configured: whoever connects is the caller `local`, which may do everything",
    ),
    Event.CALLER_REFUSED: Text(
        vi="bên gọi `method` không được biết hoặc không được phép; `reason` cho biết vì sao, `caller` là ai nếu biết,"
        " `untold` là số lần khác kể từ dòng trước; nhiều nhất 10 dòng mỗi giây",
        en="nobody who is known, or nobody who may, called `method`; `reason` says why"
        " ([table](callers.md#why-a-caller-was-refused)), `caller` who it was if known, `untold` how many more there"
        " were since the last line; at most 10 a second",
    ),
    Event.CALLERS_IN_FORCE: Text(
        vi="các tệp bên gọi đã thay đổi; nội dung mới có hiệu lực",
        en="the files of callers have changed; what they say now counts",
    ),
    Event.CALLERS_KEPT: Text(
        vi="các tệp đó đã thay đổi mà không thể đúng hoặc không đọc được: `mistakes`; nội dung trước vẫn có hiệu lực,"
        " trừ các khóa API đã bị thu hồi",
        en="they have changed and cannot be right, or cannot be read: `mistakes`; what they said before still counts,"
        " but for API keys that are taken back",
    ),
    Event.CALLERS_AWAITED: Text(
        vi="một tiến trình sắp trả lời chưa đọc được các tệp bên gọi như hiện nay (xem `callers-kept`); nó chờ và chưa"
        " trả lời ai, vì những gì máy chủ biết lúc khởi động có thể đã bị thu hồi",
        en="a worker that is to begin cannot read the files of callers as they are now (see `callers-kept`); it waits"
        " and answers nobody, for what the server knew when it began may have been taken back",
    ),
    Event.ISSUER_KEYS_NOT_HAD: Text(
        vi="địa chỉ của bên phát hành token không trả lời hoặc không đưa ra khóa dùng được: `problems`; các khóa tốt"
        " gần nhất còn dùng được nhiều nhất một ngày, sau đó token của bên ấy phải chờ",
        en="the address of an issuer does not answer, or gives no keys that can be used: `problems`; its last good keys"
        " serve for a day at most, and then its tokens wait",
    ),
    Event.CERTIFICATE_KEPT: Text(
        vi="chứng chỉ của máy chủ đã thay đổi và không dùng được: `mistake`; kết nối mới vẫn thấy chứng chỉ trước",
        en="the server's own certificate has changed and cannot be used: `mistake`; new connections are shown the"
        " former one",
    ),
    Event.SHADOW_REPORT: Text(
        vi="kể từ dòng trước, `compared` câu trả lời đã được so với chính sách trong bóng và `groups` trong số đó khác;"
        " `pdp shadow` đọc dòng này",
        en="so many answers were `compared` with those of the policy in the shadow since the last such line, and"
        " `groups` of them differ; `pdp shadow` reads it",
    ),
    Event.OPERATOR_NOT_SERVED: Text(
        vi="`operator` không có bộ chính sách hợp lệ; các câu hỏi về nhà cung cấp này bị từ chối",
        en="`operator` has no valid policy set; its requests are refused",
    ),
    Event.REQUEST_FAILED: Text(
        vi="một lời gọi `method` gặp lỗi của chính chương trình; bên gọi chỉ được cho biết `correlation_id`",
        en="a request to `method` met an error of ours; the caller was told `correlation_id` alone",
    ),
    Event.UNAVAILABLE: Text(
        vi="một lời gọi `method` bị từ chối vì lúc này thiếu thứ mà nó cần",
        en="a request to `method` was refused because something that it needs cannot be had now",
    ),
    Event.LOG_TROUBLE: Text(
        vi="có việc hỏng bên cạnh nhật ký quyết định, còn các bản ghi thì không: `problem`; báo một lần khi bắt đầu",
        en="beside the decision log something fails, and the records do not: `problem`; told once when it begins",
    ),
    Event.NOT_STARTED: Text(
        vi="máy chủ không lắng nghe được ở nơi cần; `mistakes` cho biết vì sao",
        en="the server cannot listen where it should; `mistakes` say why",
    ),
    Event.DRAINING: Text(
        vi="có tín hiệu `signal`: không nhận việc mới, việc đã bắt đầu được làm xong trong `grace_seconds`",
        en="a `signal` came: nothing new is accepted, what has begun is finished within `grace_seconds`",
    ),
    Event.HURRIED: Text(
        vi="có tín hiệu `signal` thứ hai: việc đã bắt đầu bị ngắt",
        en="a second `signal` came: what has begun is broken off",
    ),
    Event.STOPPED: Text(vi="mọi việc đã bắt đầu đều được trả lời", en="everything that had begun is answered"),
    Event.STOPPED_UNFINISHED: Text(
        vi="một số việc đã bắt đầu bị ngắt",
        en="some of what had begun was broken off",
    ),
    Event.LIBRARY: Text(vi="một thư viện ghi `message`", en="a library logged `message`"),
}
"""A line may hold fields that are not named here; those that are keep their meaning."""
