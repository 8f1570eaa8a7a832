"""What is written: every answer first, one chain a writer, whole records or none."""

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from pdp.core.entity import Entity
from pdp.core.errors import UnavailableError
from pdp.core.log_ports import LogHead, LogHeads
from pdp.decision_log import Recording
from pdp.decision_log.chain import link, start, taken_apart
from pdp.decision_log.writing import Chain
from pdp_adapters.log_folder import FileLogFolder
from tests.builders import KIDSONLINE, POLICIES, the_policy_set
from tests.decision_log.logs import Log, the_requests
from tests.docs.executed_examples import ROOT


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Return an empty log."""
    return Log(tmp_path / "log")


def test_an_answer_has_its_record_before_it_is_given(log: Log) -> None:
    """The last line of the file is that of the answer, as soon as there is one."""
    chain = log.chain()
    decision = log.point(chain).check(the_requests()[0])

    said = orjson.loads(log.lines()[-1])
    assert said["decision_id"] == decision.decision_id
    assert said["decision"] == ("allow" if decision.allowed else "deny")
    assert said["revision"] == the_policy_set(KIDSONLINE).revision
    assert (said["seq"], said["v"]) == (1, 1)
    chain.end()


def test_a_batch_has_a_record_for_each_answer(log: Log) -> None:
    """Fifty like items: fifty records, in their order."""
    chain = log.chain()
    request = the_requests()[0]
    checked = log.point(chain).check_batch(KIDSONLINE, [request] * 50, request.consistency)

    said = [orjson.loads(line) for line in log.lines()[1:]]
    assert [each["decision_id"] for each in said] == [each.decision_id for each in checked]  # type: ignore[union-attr]
    assert [each["seq"] for each in said] == list(range(1, 51))
    chain.end()


def test_the_chain_is_as_it_is_told(log: Log) -> None:
    """SHA-256 over the digest before and the record, from a start that is the writer's own: worked out anew here."""
    log.write(5)
    (writer,) = log.folder.writers()
    digest = start(writer)
    for line in log.lines():
        found = taken_apart(line)
        assert found is not None
        digest = link(digest, found.body)
        assert digest == found.digest


def test_what_is_about_people_is_not_in_the_clear(log: Log) -> None:
    """No name, no id of a resource and no request id of any case can be read in the file."""
    log.write(300)
    text = b"\n".join(log.lines())
    asked = the_requests()[:300]
    names = {request.subject.id for request in asked}
    names |= {request.resource.data_subject.id for request in asked if request.resource.data_subject is not None}
    names = (names | {request.resource.id for request in asked}) - {KIDSONLINE}
    assert [name for name in names if len(name) > 4 and name.encode() in text] == []


def test_everything_is_for_its_owner_alone(log: Log) -> None:
    """Records, heads and keys can be read by nobody else."""
    log.write(3)
    for path in [log.path, *log.path.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_files_are_begun_anew_and_the_chain_goes_on(tmp_path: Path) -> None:
    """A small part is followed by another one; all of them are one chain."""
    log = Log(tmp_path / "log", part_bytes=20_000)
    log.write(60)
    (writer,) = log.folder.writers()
    assert len(log.folder.parts(writer)) > 2
    assert log.verified().is_whole


def test_a_log_at_its_limit_refuses_and_drops_nothing(log: Log) -> None:
    """Nothing is answered beyond the limit, and what is there stays."""
    chain = log.chain(limit_bytes=20_000)
    point = log.point(chain)
    requests = iter(the_requests())
    answered: list[str] = []

    def answer_all() -> None:
        answered.extend(point.check(request).decision_id for request in requests)

    with pytest.raises(UnavailableError, match="limit"):
        answer_all()
    assert len(log.lines()) == len(answered) + 1
    assert log.folder.size() <= 20_000
    chain.end()
    assert log.verified().is_whole


FULL = """
import resource, signal, sys
from pathlib import Path
from pdp.core.errors import UnavailableError
from tests.decision_log.logs import Log, the_requests
log = Log(Path(sys.argv[1]))
chain = log.chain()
point = log.point(chain)
requests = the_requests()
point.check(requests[0])
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, resource.RLIM_INFINITY))
answered = 1
for request in requests[1:100]:
    try:
        point.check(request)
    except UnavailableError:
        break
    answered += 1
else:
    raise SystemExit("the disk was never full")
refused = 0
for request in requests[1:20]:
    try:
        point.check(request)
        answered += 1
    except UnavailableError:
        refused += 1
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
for request in requests[:10]:
    point.check(request)
    answered += 1
chain.end()
print(answered, refused)
"""


def test_a_full_disk_refuses_and_the_log_goes_on_once_there_is_room(tmp_path: Path) -> None:
    """The kernel takes a part of a record: nobody is answered, nothing of it stays, and later records follow on."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "log")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answered, refused = map(int, done.stdout.split())
    found = Log(tmp_path / "log")
    found.second = NoHeads()
    verified = found.verified()
    assert refused > 0
    assert verified.is_whole, verified.faults
    assert (verified.decisions, verified.notes) == (answered, [])


class NoHeads:
    """A second place that is empty."""

    def keep(self, head: LogHead) -> None:
        """Keep nothing."""

    def heads(self) -> tuple[LogHead, ...]:
        """Return nothing."""
        return ()

    def drop(self, writer: str) -> None:
        """Do nothing."""


class Unreachable(NoHeads):
    """A second place that cannot be reached."""

    def keep(self, head: LogHead) -> None:
        """Fail."""
        raise UnavailableError("the store cannot be used")


def test_a_second_place_that_fails_is_told_once_and_refuses_nobody(tmp_path: Path) -> None:
    """Decisions do not depend on the store of heads; whoever runs the server is told."""
    heads: LogHeads = Unreachable()
    log = Log(tmp_path / "log", heads)
    chain = log.write(5, heads_every=1)
    assert isinstance(chain, Chain)
    assert log.warnings == ["second head: the store cannot be used"]
    assert len(log.lines()) == 7


def test_each_forked_process_has_a_chain_of_its_own(log: Log) -> None:
    """Two processes that share everything else write two files, each whole."""
    chain = log.chain()
    point = log.point(chain)
    pids = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            try:
                for request in the_requests()[:20]:
                    point.check(request)
                chain.end()
            finally:
                os._exit(0)
        pids.append(pid)
    for pid in pids:
        assert os.waitpid(pid, 0)[1] == 0
    log.second = NoHeads()  # each process kept its heads in a memory of its own
    log.keys.persons.refresh()
    verified = log.verified()
    assert verified.is_whole, verified.faults
    assert (verified.writers, verified.decisions) == (2, 40)


def test_texts_that_no_rule_reads_are_digests_and_unknown_keys_are_names(log: Log) -> None:
    """What is withheld cannot be read even with every key; equal texts have equal digests, under the log's own key."""
    from pdp.decision_log.reading import past_of, records

    request = the_requests()[0]
    told = replace(
        request,
        context={**request.context, "free_text": "điều riêng tư"},
        unread={"context.x_trace": "secret-7"},
    )
    chain = log.chain()
    point = log.point(chain)
    recording = Recording(log.keys.persons, log.keys.digest_key, {KIDSONLINE: frozenset({"free_text"})})
    decision = point.check(request)
    content = recording.content(told, decision, records_at(log))
    chain.append([content, content])
    chain.end()
    found = [past_of(each, log.keys.persons) for each in records(log.folder)]

    for past in found[1:]:
        assert past.request is not None
        assert past.withheld == {"free_text"}
        assert past.request.context == request.context
        assert list(past.request.unread) == ["context.x_trace"]
        assert past.request.unread["context.x_trace"] == ""
    opened = [opened_about(log, each.record.said) for each in found[1:]]
    assert opened[0]["context"]["free_text"] == opened[1]["context"]["free_text"]
    assert "riêng" not in str(opened)
    assert "secret-7" not in str(opened)


def opened_about(log: Log, said: Any) -> Any:
    """Return the sealed part about the resource."""
    from pdp.decision_log.recording import ABOUT
    from pdp.decision_log.sealing import opened

    text = opened(ABOUT, said["about"], log.keys.persons)
    assert text is not None
    return orjson.loads(text)


def records_at(log: Log) -> Any:
    """Return the instant of the first record."""
    from pdp.decision_log.reading import records

    return next(records(log.folder)).at


def test_keys_of_persons_are_per_operator(log: Log) -> None:
    """The same id at two operators is two people."""
    person = Entity("user", "lan")
    assert log.keys.persons.of("kidsonline", person) != log.keys.persons.of("homeid", person)
    assert log.keys.persons.of("kidsonline", person) == log.keys.persons.of("kidsonline", person)


def test_policies_withhold_only_what_nothing_reads() -> None:
    """The keys withheld are texts of the schema that no condition and no duty of the folder names."""
    from pdp.decision_log import withheld_keys

    for operator in sorted(path.name for path in POLICIES.iterdir() if (path / "policy.csv").exists()):
        policy = the_policy_set(operator)
        words = "\n".join(
            path.read_text("utf-8")
            for path in (POLICIES / operator).glob("*.yaml")
            if path.name in {"conditions.yaml", "obligations.yaml"}
        )
        for key in withheld_keys(policy):
            assert f".{key}" not in words, (operator, key)


class Read(FileLogFolder):
    """Remembers which parts were read."""

    def __init__(self, path: Path, part_bytes: int) -> None:
        super().__init__(path, part_bytes)
        self.names: list[str] = []

    def _content(self, name: str) -> bytes:
        self.names += [name] if name.endswith(".log") else []
        return super()._content(name)


def test_a_record_is_looked_for_among_the_newest_and_no_other_is_taken_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Explain by the id of a decision goes through all lines: what is not asked for costs a search of its bytes."""
    log = Log(tmp_path / "log", part_bytes=12_000)
    chain = log.write(40)
    (writer,) = log.folder.writers()
    parts = [part.name for part in log.folder.parts(writer)]
    apart: list[bytes] = []

    def counted(text: bytes) -> Any:
        apart.append(text)
        return taken_apart(text)

    monkeypatch.setattr("pdp.decision_log.reading.taken_apart", counted)
    said = [orjson.loads(line) for line in log.lines()]
    first, last = (each["decision_id"] for each in (said[1], said[-2]))
    for asked, read in ((first, parts[::-1]), (last, parts[:-2:-1])):
        apart.clear()
        monkeypatch.setattr(chain, "_keeping", replace(chain._keeping, folder=(folder := Read(log.path, 0))))
        past = chain.recall(asked)
        assert past is not None
        assert past.record.decision_id == asked
        assert (len(apart), folder.names) == (1, read)
    assert len(parts) > 2
