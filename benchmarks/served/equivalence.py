"""Before anything is measured: this project's server and Cerbos answer the same questions alike."""

from pathlib import Path
from typing import Any, Final

from benchmarks.in_process.comparing import DifferentAnswersError
from benchmarks.progress import say
from benchmarks.served import cerbos_policies, processes
from benchmarks.served.cerbos_api import CerbosClient
from benchmarks.served.ours_api import OurClient
from benchmarks.served.situations import any_situations, with_three_facts, without_facts

SITUATIONS: Final = 600


def compare(folder: Path, cores: tuple[int, ...]) -> dict[str, Any]:
    """Ask both about the same situations; return how many were allowed and after how many each twin was caught.

    Raises DifferentAnswersError for a difference, and for a twin of Cerbos' policies that shows none.
    """
    situations = [without_facts(), with_three_facts(), *any_situations(SITUATIONS)]
    files = {**cerbos_policies.policies(), **cerbos_policies.twins()}
    with (
        processes.ours(cores, None) as our_server,
        processes.cerbos(cores, folder, files, audit=False) as cerbos_server,
    ):
        with processes.connected(our_server.address) as channel:
            ours = OurClient(channel).allowed(situations)
        with processes.connected(cerbos_server.address) as channel:
            cerbos = CerbosClient(channel)
            different = [
                situation
                for situation, answer in zip(situations, ours, strict=True)
                if cerbos.allowed(cerbos.body([situation])) != [answer]
            ]
            if different:
                raise DifferentAnswersError(
                    f"Cerbos and this project differ in {len(different)} of {len(situations)}, first in {different[0]}"
                )
            caught = {twin: _caught_after(cerbos, twin, situations, ours) for twin in cerbos_policies.TWINS}
    say(f"served: Cerbos answers {len(situations)} questions alike ({sum(ours)} allowed); its twins are caught")
    return {"questions": len(situations), "allowed": sum(ours), "differences": 0, "twins_caught_after": caught}


def _caught_after(cerbos: CerbosClient, twin: str, situations: list[dict[str, Any]], answers: list[bool]) -> int:
    for number, (situation, answer) in enumerate(zip(situations, answers, strict=True), start=1):
        if cerbos.allowed(cerbos.body([situation], twin)) != [answer]:
            return number
    raise DifferentAnswersError(f"no question tells that in Cerbos' policies {twin}")
