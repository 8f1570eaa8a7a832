"""What a server says about itself when it begins."""

import os
from collections.abc import Mapping

from structlog.typing import FilteringBoundLogger

from pdp import __version__
from pdp.activation import revision_of
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet
from pdp.server.events import Event
from pdp.server.security import Security
from pdp.wire.words import Words


def announce(policies: Mapping[str, PolicySet], words: Words, log: FilteringBoundLogger, security: Security) -> None:
    """Say which operators have no valid policy set, and whether everybody is let in."""
    for operator in words.vocabulary.words(WordKind.OPERATOR):
        if operator not in policies:
            log.warning(Event.OPERATOR_NOT_SERVED.value, operator=operator)
    if security.callers is None:
        log.warning(
            Event.OPEN_TO_LOCAL.value,
            message="no callers are configured: whoever connects is the caller `local`, which may do everything",
        )


def announce_ready(
    policies: Mapping[str, PolicySet],
    address: str,
    log: FilteringBoundLogger,
    workers: tuple[int, ...] = (),
    event: Event = Event.READY,
    metrics: str = "",
) -> None:
    """Say that the server answers, or will once its store is there."""
    log.info(
        event.value,
        address=address,
        revision=revision_of(policies),
        pid=os.getpid(),
        workers=list(workers),
        tiers={operator: policy.tier for operator, policy in sorted(policies.items())},
        version=__version__,
        **({"metrics": metrics} if metrics else {}),
    )
