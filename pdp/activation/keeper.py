"""Watches the folders: what is new and settled is judged once, and what is in force stays until something better."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pdp.activation.candidate import Candidate
from pdp.activation.judging import PolicyJudge, Verdict
from pdp.activation.pinned_seals import second_person_findings
from pdp.activation.remembering import LastInForce
from pdp.activation.standing import Active, Refused, Standing
from pdp.activation.wrong import wrong
from pdp.core.errors import UnavailableError, UnsettledError
from pdp.core.finding import Finding
from pdp.core.ports import PolicyFiles
from pdp.core.text import Text

LOOKS_BORNE: Final = 10
"""A folder that is being changed at so many looks in a row is reported."""


@dataclass(slots=True)
class _Seen:
    """What was last *judged* of a folder, what was last *sighted*, and how often in a row it was *unsettled*."""

    judged: str = ""
    sighted: str = ""
    unsettled: int = 0


class PolicyKeeper:
    """Reads the folders of *files*, lets *judge* judge them, and keeps the *standing*; not for several threads.

    *now* tells the present instant. What was last in force is remembered in *memory*, where there is one.
    """

    def __init__(
        self,
        files: PolicyFiles,
        judge: PolicyJudge,
        now: Callable[[], datetime],
        memory: LastInForce | None = None,
    ) -> None:
        self._memory = memory
        self.standing = Standing()
        self._files = files
        self._judge = judge
        self._now = now
        self._seen: dict[str, _Seen] = {}

    def look(self) -> tuple[Verdict, ...]:
        """Return a verdict on every folder whose content is new and was the same at the look before."""
        self._renew()
        return tuple(verdict for operator in self._operators() if (verdict := self._look_at(operator)) is not None)

    def _renew(self) -> None:
        if self._memory is not None:
            for operator, active in self.standing.active.items():
                if active.files:
                    self._memory.renew(Candidate(operator, active.files, active.seal))

    def examine(self, operator: str) -> Verdict:
        """Return a verdict on what lies in the folder of *operator* now, new or not."""
        seen = self._seen.setdefault(operator, _Seen())
        try:
            candidate = Candidate.of(operator, self._files.read_settled(operator))
        except UnsettledError as error:
            seen.judged = ""
            return _nothing(operator, _being_written(error))
        except UnavailableError as error:
            seen.judged = ""
            return _nothing(operator, _not_there(operator, error))
        seen.judged = seen.sighted = candidate.digest
        seen.unsettled = 0
        return self._judged(candidate)

    def accept(self, verdict: Verdict, by: str) -> bool:
        """Let the policy set of *verdict* be in force, put there *by* somebody.

        Return False when it was to be remembered and could not be.
        """
        if verdict.policy is None:
            raise ValueError("a candidate that was refused cannot be put in force")
        active = self.standing.active.get(verdict.candidate.operator)
        if active is not None and active.policy.revision == verdict.policy.revision:
            # The same files, perhaps signed by more persons or under a later number, which has to be remembered.
            active = replace(active, seal=verdict.candidate.seal)
        else:
            active = Active(verdict.policy, self._now(), by, verdict.candidate.files, verdict.candidate.seal)
        self.standing = self.standing.with_active(active)
        return self._memory is None or self._memory.remember(verdict.candidate)

    def decided(self, verdict: Verdict) -> Verdict | None:
        """Return what has become of *verdict*, on which something was still to be found out; None while it is."""
        if verdict.comparing is None:
            return verdict
        more = verdict.comparing.allows_more()
        if more is None:
            return None
        # FAIL CLOSED (second person): nothing but a plain no is a no.
        found = second_person_findings(verdict.candidate, more=more is not False)
        policy = None if found else verdict.proposed
        return self._to_be_remembered(Verdict(verdict.candidate, policy, (*verdict.findings, *found)))

    def refuse(self, verdict: Verdict) -> None:
        """Keep in mind that the candidate of *verdict* may not be put in force."""
        candidate = verdict.candidate
        self.standing = self.standing.with_refused(
            Refused(candidate.operator, candidate.digest, self._now(), verdict.findings)
        )
        active = self.standing.active.get(candidate.operator)
        if self._memory is not None and active is not None and active.files:
            # It may have been forgotten for the sake of what did not come in force after all.
            self._memory.remember(Candidate(candidate.operator, active.files, active.seal))

    def is_in_force(self, verdict: Verdict) -> bool:
        """Say whether the policy set of *verdict* is the one in force already."""
        active = self.standing.active.get(verdict.candidate.operator)
        return active is not None and verdict.policy is not None and active.policy.revision == verdict.policy.revision

    def _operators(self) -> list[str]:
        """Return the operators that have a folder, or had one."""
        try:
            found = set(self._files.operators())
        except UnavailableError:
            found = set()
        return sorted(found | self.standing.active.keys())

    def _look_at(self, operator: str) -> Verdict | None:
        seen = self._seen.setdefault(operator, _Seen())
        gone: Verdict | None = None
        try:
            candidate = Candidate.of(operator, self._files.read_settled(operator))
            digest = candidate.digest
        except UnsettledError as error:
            return self._unsettled(operator, seen, error)
        except UnavailableError as error:
            gone, digest = _nothing(operator, _not_there(operator, error)), f"unreadable: {error}"
        seen.unsettled = 0
        is_settled, seen.sighted = seen.sighted == digest, digest
        if not is_settled or digest == seen.judged:
            return None
        seen.judged = digest
        return gone or self._judged(candidate)

    def _unsettled(self, operator: str, seen: _Seen, error: UnsettledError) -> Verdict | None:
        seen.sighted = ""
        seen.unsettled += 1
        if seen.unsettled != LOOKS_BORNE:
            return None
        seen.judged = ""  # once it has settled it is judged again, even when it is what was in force before
        return _nothing(operator, _being_written(error))

    def _judged(self, candidate: Candidate) -> Verdict:
        verdict = self._judge.judge(candidate, self.standing.active.get(candidate.operator))
        return self._to_be_remembered(verdict)

    def _to_be_remembered(self, verdict: Verdict) -> Verdict:
        """Forget what was in force before *verdict* puts something else there; refuse it when that cannot be done."""
        if self._memory is None or verdict.policy is None:
            return verdict
        # FAIL CLOSED (second person): an edit would be compared with what was in force long ago, and allow more.
        try:
            self._memory.begin(verdict.candidate)
        except UnavailableError as error:
            # It may be written to at the next look, and the same folder is judged again then.
            self._seen.setdefault(verdict.candidate.operator, _Seen()).judged = ""
            return Verdict(verdict.candidate, None, (*verdict.findings, _not_kept(verdict.candidate.operator, error)))
        return verdict


def _nothing(operator: str, finding: Finding) -> Verdict:
    return Verdict(Candidate(operator, ()), None, (finding,))


def _not_kept(operator: str, error: UnavailableError) -> Finding:
    text = Text(
        f"không ghi nhớ được chính sách có hiệu lực: {error}", f"what is in force cannot be remembered: {error}"
    )
    return wrong(operator, "last-not-kept", text, "let the server write to the folder `last_in_force`")


def _being_written(error: UnsettledError) -> Finding:
    text = Text("tệp đang được ghi hoặc thay thế", "the file is being written or replaced")
    return wrong(error.path, "being-written", text, "write beside the folder, then rename")


def _not_there(operator: str, error: UnavailableError) -> Finding:
    text = Text(f"không đọc được thư mục chính sách: {error}", f"the policy folder cannot be read: {error}")
    hint = "put the folder back; until then the last good policy stays in force"
    return wrong(operator, "folder-unreadable", text, hint)
