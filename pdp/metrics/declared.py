"""Every metric, declared once: its name, what it means, its labels, and how the numbers of workers become one.

INVARIANT (bounded labels): a label takes its values from the words of this program and of its vocabulary, or is a
revision in force. No request can make a series: not a subject, not a resource, not a text that nobody knows.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pdp.core.text import Text


class Kind(StrEnum):
    """What Prometheus makes of the numbers."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Gathered(StrEnum):
    """How one number comes about: added up over the workers, the largest of theirs, one each, or the parent's own."""

    SUM = "sum"
    MOST = "most"
    EACH = "each"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. *labels* are names; their values are those that `pdp.metrics.series` lists.

    A counter's *name* ends with `_total`, a unit stands in the name (seconds, bytes), instants are seconds since 1970.
    """

    name: str
    kind: Kind
    says: Text
    labels: tuple[str, ...] = ()
    gathered: Gathered = Gathered.SUM


CALL_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""The upper bounds of the buckets of durations; what takes longer is in none but the last, which has no bound."""


def _counter(name: str, vi: str, en: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, Text(vi=vi, en=en), labels)


def _gauge(name: str, vi: str, en: str, *labels: str, gathered: Gathered = Gathered.SUM) -> Metric:
    return Metric(name, Kind.GAUGE, Text(vi=vi, en=en), labels, gathered)


DECLARED: Final = (
    _counter(
        "pdp_decisions_total",
        "các quyết định đã đưa ra, kể cả trong lô, dòng, giải thích và thay đổi dữ kiện",
        "decisions made, those of batches, streams, explanations and changes of facts included",
        *("operator", "decision", "cause"),
    ),
    Metric(
        "pdp_call_duration_seconds",
        Kind.HISTOGRAM,
        Text(
            vi="thời gian từ khi lời gọi đến (hoặc một thông điệp của dòng) tới khi câu trả lời sẵn sàng",
            en="from the arrival of a call, or of a message of a stream, until its answer was ready; refusals apart",
        ),
        ("method",),
    ),
    _counter(
        "pdp_refusals_total",
        "các lời gọi không được trả lời bằng quyết định, theo lý do",
        "calls that were refused, by reason",
        "reason",
    ),
    _gauge("pdp_calls_under_way", "các lời gọi đang được xử lý", "calls under way that are answered where they arrive"),
    _gauge(
        "pdp_calls_waiting",
        "các lời gọi đang chờ, theo làn",
        "calls that wait, by the lane that they wait in",
        "lane",
    ),
    _counter(
        "pdp_cache_events_total",
        "những gì xảy ra trong bộ nhớ đệm của các tiến trình và trong Redis",
        "what happened in the caches of the workers and in Redis",
        "event",
    ),
    _counter("pdp_store_statements_total", "các câu lệnh gửi tới kho dữ kiện", "statements sent to the store of facts"),
    _counter("pdp_store_failures_total", "các lần kho dữ kiện không làm được", "times that the store could not do it"),
    _gauge(
        "pdp_store_there",
        "số tiến trình đã dùng được kho dữ kiện",
        "workers that could use the store since they began, all of them where there is none",
    ),
    _gauge(
        "pdp_freshness_known",
        "số tiến trình biết kho đang ở đâu (có hợp đồng thuê còn hạn); không biết thì mọi câu hỏi đọc kho",
        "workers that know where the store stands (a lease in force); one that does not reads the store each time",
    ),
    _gauge(
        "pdp_policy_info",
        "bản chính sách đang có hiệu lực, theo nhà cung cấp; luôn là 1",
        "the policy revision in force, by operator; always 1",
        *("operator", "revision"),
        gathered=Gathered.PARENT,
    ),
    _gauge(
        "pdp_policy_since_timestamp_seconds",
        "thời điểm bản đang có hiệu lực được đưa vào",
        "when the revision in force was put in force",
        "operator",
        gathered=Gathered.PARENT,
    ),
    _gauge(
        "pdp_policy_served",
        "1 khi nhà cung cấp có bộ chính sách hợp lệ, nếu không là 0",
        "1 where the operator has a valid policy set, else 0",
        "operator",
        gathered=Gathered.PARENT,
    ),
    _gauge(
        "pdp_policy_refused",
        "1 khi nội dung đang có trong thư mục bị từ chối, nếu không là 0",
        "1 where what lies in the folder was refused, else 0",
        "operator",
        gathered=Gathered.PARENT,
    ),
    _counter("pdp_shadow_compared_total", "các câu trả lời đã so với bóng", "answers compared with the shadow's"),
    _counter("pdp_shadow_differences_total", "trong đó số câu trả lời khác nhau", "of these, answers that differ"),
    _counter(
        "pdp_shadow_left_out_total",
        "các câu trả lời không so được hoặc không kịp so",
        "answers that could not be compared, or not in time",
    ),
    _counter("pdp_log_records_total", "các bản ghi quyết định đã ghi", "decision records written"),
    _counter("pdp_log_bytes_total", "số byte bản ghi đã ghi", "bytes of records written, to a folder of records"),
    _gauge(
        "pdp_log_waiting",
        "các bản ghi chưa ghi xong (chỉ khi log_wait=off)",
        "records held back and not written yet (with log_wait off)",
    ),
    _gauge(
        "pdp_log_head_age_seconds",
        "bản ghi lâu nhất chưa được ký đã chờ bao lâu; 0 khi mọi bản ghi đã được ký",
        "for how long the oldest record that no signed head covers has waited; 0 where all are covered",
        gathered=Gathered.MOST,
    ),
    _gauge(
        "pdp_callers_age_seconds",
        "đã bao lâu kể từ lần cuối thấy rằng những gì các tệp bên gọi nói đang có hiệu lực; 0 khi không có bên gọi",
        "how long ago what the files of callers say was last seen to be in force; 0 where there are no callers",
        gathered=Gathered.MOST,
    ),
    _gauge(
        "pdp_clock_offset_seconds",
        "đồng hồ của máy lệch bao nhiêu so với kho dữ kiện, không kể dấu",
        "how far the machine's clock is from the store's, without its sign",
        gathered=Gathered.MOST,
    ),
    _counter("pdp_clock_steps_total", "các lần đồng hồ của máy bị đặt lại", "times that the machine's clock was set"),
    _gauge(
        "pdp_clock_trusted",
        "số tiến trình có đồng hồ khớp với kho",
        "workers whose clock agrees with the store's",
    ),
    _gauge(
        "pdp_resident_bytes",
        "bộ nhớ thường trú của mỗi tiến trình",
        "resident memory of each worker",
        "worker",
        gathered=Gathered.EACH,
    ),
    _gauge(
        "pdp_workers_wanted",
        "số tiến trình cần có",
        "worker processes that there should be",
        gathered=Gathered.PARENT,
    ),
    _gauge("pdp_workers", "số tiến trình đang trả lời", "worker processes that answer", gathered=Gathered.PARENT),
    Metric(
        "pdp_worker_deaths_total",
        Kind.COUNTER,
        Text(vi="các tiến trình chết ngoài ý muốn", en="worker processes that died unasked"),
        (),
        Gathered.PARENT,
    ),
    _gauge(
        "pdp_started_timestamp_seconds",
        "thời điểm máy chủ khởi động",
        "when the server began",
        gathered=Gathered.PARENT,
    ),
    _gauge(
        "pdp_build_info",
        "phiên bản của chương trình và của bộ máy; luôn là 1",
        "the version of the program and of its engine; always 1",
        *("version", "engine", "python"),
        gathered=Gathered.PARENT,
    ),
)
"""All metrics, in the order of the page that lists them."""
