"""A storm of edits, good and bad, while questions are answered: what must be true of every answer."""

import random
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pdp.activation import BY_SERVER, PolicyKeeper, Verdict
from pdp.api.v1 import decision_pb2
from pdp.core.caller import LOCAL
from pdp.core.ports import PolicyFiles
from pdp.decision_point import DecisionPoint
from pdp.policy_set import PolicySet
from pdp.server.beside_answers import beside_answers
from pdp.server.methods import finished
from pdp.server.services import Services, ServicesInForce
from pdp.wire.json_form import check_request_from_dict
from pdp.wire.words import Words
from pdp_adapters.folder_policies import FolderPolicies
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.system_clock import SystemClock
from tests.builders import a_question
from tests.unit.activation.folders import DENY_ROW, POLICY, a_judge, replace_folder, write
from tests.unit.policy_set.small_folder import build, the_files

CHECK: Final = "pdp.api.v1.DecisionService.Check"
BATCH: Final = "pdp.api.v1.DecisionService.CheckBatch"
BATCH_SIZE: Final = 8
SETTLED_SECONDS: Final = 20.0


def text_of(edition: int) -> str:
    """Return the policy of *edition*: each differs, and the odd ones deny by their last row what the others allow."""
    own = f"# edition {edition}\n" + (DENY_ROW if edition % 2 else "")
    return the_files()[POLICY].decode() + own


def policy_of(edition: int) -> PolicySet:
    """Return the policy set of *edition*."""
    return build({**the_files(), POLICY: text_of(edition).encode()})


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back between *begun* and *ended*: (revision, allowed) of each answer, or a failure."""

    begun: float
    ended: float
    answers: tuple[tuple[str, bool], ...] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """The parts that are tried: how files are read, who keeps, who answers, and how a set is put in force."""

    files: type[FolderPolicies] = FolderPolicies
    keeper: type[PolicyKeeper] = PolicyKeeper
    point: type[DecisionPoint] = DecisionPoint
    put: Callable[["Storm", PolicySet], None] = lambda storm, policy: storm.put(policy)


@dataclass
class Storm:
    """One storm over a folder in *directory* in a *world*."""

    directory: Path
    words: Words
    question: decision_pb2.CheckRequest
    world: World = field(default_factory=World)
    editions: int = 30
    seed: int = 1

    def __post_init__(self) -> None:
        write(self.directory, {**the_files(), POLICY: text_of(0).encode()})
        files: PolicyFiles = self.world.files(self.directory)
        self.expected: dict[str, int] = {policy_of(edition).revision: edition for edition in range(self.editions)}
        self.seen: list[Seen] = []
        self.puts: list[tuple[float, str]] = []
        self._over = threading.Event()
        self._looks = 0
        self._random = random.Random(self.seed)
        self.keeper = self.world.keeper(files, a_judge(), lambda: datetime.now(UTC))
        self.keeper.accept(self.keeper.examine("kidsonline"), BY_SERVER)
        self.point = self.world.point(self.keeper.standing.sets, NoStoredFacts(), SystemClock(), NoDecisionLog())
        self.in_force = ServicesInForce(Services(self.point, self.words))

    def put(self, policy: PolicySet) -> None:
        """Put *policy* in force, as a worker does."""
        self.put_all({policy.operator: policy})

    def put_all(self, policies: Mapping[str, PolicySet]) -> None:
        """Let a decision point over *policies* answer."""
        point = self.world.point(policies, NoStoredFacts(), SystemClock(), NoDecisionLog())
        self.in_force.put(Services(point, self.words))

    def run(self) -> list[str]:
        """Let the storm pass, and return what was wrong, [] when nothing was."""
        watching = [threading.Thread(target=self._watch, daemon=True)]
        asking = [threading.Thread(target=self._ask, daemon=True) for _ in range(2)]
        for thread in (*watching, *asking):
            thread.start()
        for edition in range(1, self.editions):
            self._edit(edition)
        settled = self._has_settled()
        self._over.set()
        for thread in (*watching, *asking):
            thread.join(SETTLED_SECONDS)
        return [*self._violations(), *([] if settled else ["the last edition never came in force"])]

    # --- Edits --------------------------------------------------------------------------------------------------------

    def _edit(self, edition: int) -> None:
        edits = (self._in_place, self._by_rename, self._whole_folder, self._deleted_meanwhile, self._misspelt_meanwhile)
        edits[(edition + self.seed) % len(edits)](text_of(edition))
        self._wait_for_looks(self._random.randrange(4))

    def _wait_for_looks(self, looks: int = 3) -> None:
        """Wait until the watching thread has looked so many times: 3 are one more than a folder has to settle."""
        until, end = self._looks + looks, time.monotonic() + SETTLED_SECONDS
        while self._looks < until and time.monotonic() < end:
            time.sleep(0.001)

    def _in_place(self, text: str) -> None:
        """Write as a slow copy does: cut after a line that ends, then a pause, then the rest."""
        cut = text[:-1].rfind("\n") + 1
        with (self.directory / POLICY).open("w", encoding="utf-8") as file:
            file.write(text[:cut])
            file.flush()
            self._wait_for_looks()
            file.write(text[cut:])

    def _by_rename(self, text: str) -> None:
        fresh = self.directory / "kidsonline" / ".fresh"
        fresh.write_text(text, "utf-8")
        fresh.rename(self.directory / POLICY)

    def _whole_folder(self, text: str) -> None:
        shutil.copytree(self.directory / "kidsonline", self.directory / ".next")
        (self.directory / ".next" / "policy.csv").write_text(text, "utf-8")
        replace_folder(self.directory / "kidsonline", self.directory / ".next")

    def _deleted_meanwhile(self, text: str) -> None:
        (self.directory / "kidsonline").rename(self.directory / ".gone")
        self._wait_for_looks()
        (self.directory / ".gone" / "policy.csv").write_text(text, "utf-8")
        (self.directory / ".gone").rename(self.directory / "kidsonline")

    def _misspelt_meanwhile(self, text: str) -> None:
        self._by_rename(text.replace("no-sale, deny", "no-sale, Deny"))
        self._wait_for_looks()
        self._by_rename(text)

    def _has_settled(self) -> bool:
        end = time.monotonic() + SETTLED_SECONDS
        while time.monotonic() < end:
            if self.puts and self.expected.get(self.puts[-1][1]) == self.editions - 1:
                time.sleep(0.05)
                return True
            time.sleep(0.01)
        return False

    # --- Who watches, who asks ----------------------------------------------------------------------------------------

    def _watch(self) -> None:
        while not self._over.is_set():
            with beside_answers():
                verdicts = self.keeper.look()
            for verdict in verdicts:
                self._act_on(verdict)
            self._looks += 1
            time.sleep(0.005)

    def _act_on(self, verdict: Verdict) -> None:
        if verdict.policy is None:
            self.keeper.refuse(verdict)
            if self.keeper.standing.sets.keys() != {"kidsonline"}:  # only a twin takes anything out of force
                self.put_all(self.keeper.standing.sets)
            return
        is_new = not self.keeper.is_in_force(verdict)
        self.keeper.accept(verdict, BY_SERVER)
        if is_new:
            self.world.put(self, verdict.policy)
            self.puts.append((time.monotonic(), verdict.policy.revision))

    def _ask(self) -> None:
        one = self.question.SerializeToString()
        many = decision_pb2.CheckBatchRequest(requests=[self.question] * BATCH_SIZE).SerializeToString()
        while not self._over.is_set():
            self.seen.append(self._seen(CHECK, one))
            self.seen.append(self._seen(BATCH, many))
            time.sleep(0.0005)

    def _seen(self, method: str, body: bytes) -> Seen:
        begun = time.monotonic()
        try:
            answer = finished(self.in_force.answered[method](body, LOCAL))
        except Exception as error:  # noqa: BLE001  # every failure is a violation
            return Seen(begun, time.monotonic(), failure=repr(error))
        ended = time.monotonic()
        if method == CHECK:
            responses = [decision_pb2.CheckResponse.FromString(answer)]
        else:
            results = decision_pb2.CheckBatchResponse.FromString(answer).results
            if any(result.WhichOneof("outcome") != "response" for result in results):
                return Seen(begun, ended, failure="an item without an answer")
            responses = [result.response for result in results]
        found = tuple((each.revision, each.decision == decision_pb2.DECISION_ALLOW) for each in responses)
        return Seen(begun, ended, found)

    # --- What must be true --------------------------------------------------------------------------------------------

    def _violations(self) -> list[str]:
        return [problem for seen in self.seen if (problem := self._violation(seen))]

    def _violation(self, seen: Seen) -> str:
        """Return what is wrong with one answer: it has to be of one revision that was valid at that time."""
        if seen.failure:
            return f"failed: {seen.failure}"
        revisions = {revision for revision, _ in seen.answers}
        if len(revisions) > 1:
            return "one batch, several revisions"
        (revision,) = revisions
        if revision not in self.expected:
            return "a revision that nobody wrote"
        edition = self.expected[revision]
        if any(allowed != (edition % 2 == 0) for _, allowed in seen.answers):
            return f"edition {edition} does not answer so"
        before = [self.expected[put] for at, put in self.puts if at <= seen.begun and put in self.expected]
        if before and edition < before[-1]:
            return f"edition {edition} answers after edition {before[-1]} was in force"
        return ""


def a_question_for_the_storm() -> decision_pb2.CheckRequest:
    """Return what the even editions allow and the odd ones deny: the mother reads a photo, nobody has consented."""
    return check_request_from_dict(a_question())
