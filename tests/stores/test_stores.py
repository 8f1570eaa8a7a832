"""What every store owes, shown of each: memory, SQLite, PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pdp.core.entity import Entity
from pdp.core.errors import ConflictError, CycleError, ForeignTokenError, UnavailableError
from pdp.core.fact_identity import PARTITIONS, fact_id, partitions_of
from pdp.core.facts import Fact, FactKind
from pdp.core.stores import FactFilter, FactStore, Page, Token
from pdp.core.wanted import GroundsWanted
from pdp_adapters import memory_facts, sql_gathering
from tests.stores.writing import (
    ANYTHING,
    KIDS,
    NOON,
    all_of,
    at_least,
    consent,
    current,
    delete,
    entity,
    fact,
    gathered,
    ground,
    later,
    lies_in,
    role,
    said,
    wanted,
    write,
)

MOTHER = role("user:lan", "primary_guardian", "child:minh")
AUNT = role("user:hoa", "family_member", "child:minh", granted_by="user:lan")
TEACHER = role("user:ngọc", "teacher", "class:lá-1")


def test_what_is_written_is_there_as_it_was(store: FactStore) -> None:
    """Every kind of fact comes back as it was written: terms, Vietnamese names, typed properties and all."""
    kinds = (
        AUNT,
        lies_in("child:minh", "class:lá-1"),
        consent("child:minh", "user:lan", recipient="org:báo-trẻ", properties={"explicit": True}),
        ground(
            "complaint",
            "kn-1",
            "user:tuấn",
            "child:minh",
            opened_by=entity("user:lan"),
            received_at=NOON,
            requester_verified=True,
            count=1,
            text='nói "thế" \u2028',
            parties=(entity("user:a"), entity("org:b")),
            categories=("child_photo", "child_video"),
            nothing=(),
        ),
    )
    facts = [fact(kind, valid_from=NOON, valid_until=later(5)) for kind in kinds]

    write(store, *facts)

    assert {each.id: each for each in all_of(store)} == {each.id: each for each in facts}
    (found,) = all_of(store, selection=FactFilter("ground"))
    assert [type(value) for value in found.kind.properties.values()]  # type: ignore[union-attr]
    assert found.kind.properties["count"] is not True  # type: ignore[union-attr]
    assert type(found.kind.properties["requester_verified"]) is bool  # type: ignore[union-attr]


def test_a_fact_replaces_the_one_of_its_identity(store: FactStore) -> None:
    """Writing a fact whose identity is stored replaces it whole; another identity stands beside it."""
    write(store, AUNT)
    changed = role("user:hoa", "family_member", "child:minh", granted_by="user:hùng")
    elsewhere = role("user:hoa", "family_member", "child:an", granted_by="user:lan")

    write(store, changed, elsewhere)

    assert current(store) == said(changed, elsewhere)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (role("user:hoa", "family_member", "child:minh"), role("user:hoa", "caregiver", "child:minh")),
        (role("user:hoa", "family_member", "child:minh"), role("user:hoA", "family_member", "child:minh")),
        (role("user:hoa", "family_member", "child:minh"), role("user:hoá", "family_member", "child:minh")),
        (consent("child:minh", "user:lan"), consent("child:minh", "user:lan", recipient="org:x")),
        (consent("child:minh", "user:lan"), consent("child:minh", "user:lan", purposes=("media", "marketing"))),
        (ground("complaint", "1"), ground("incident", "1")),
        (lies_in("child:minh", "class:a"), lies_in("child:minh", "school:a")),
    ],
)
def test_different_identities_stand_beside_each_other(store: FactStore, one: object, other: object) -> None:
    """Ids are compared byte for byte, and every part of an identity tells facts apart."""
    write(store, one)  # type: ignore[arg-type]
    write(store, other)  # type: ignore[arg-type]

    assert len(all_of(store)) == 2


def test_purposes_and_categories_are_sets(store: FactStore) -> None:
    """The order of the purposes of a consent, and a word said twice, make no other consent."""
    write(store, consent("child:minh", "user:lan", purposes=("media", "marketing")))
    write(store, consent("child:minh", "user:lan", "withdrawn", purposes=("marketing", "media", "media")))

    (found,) = all_of(store)
    assert found.kind.status == "withdrawn"  # type: ignore[union-attr]


def test_operators_do_not_see_each_others_facts(store: FactStore) -> None:
    """Ids belong to their operator: the same fact of two operators is two facts."""
    write(store, AUNT)
    write(store, AUNT, operator="homeid")
    delete(store, fact_id(KIDS, AUNT), operator="homeid")

    assert current(store) == said(AUNT)
    delete(store, fact_id(KIDS, AUNT))
    assert current(store) == set()
    assert current(store, "homeid") == said(AUNT)


def test_a_deletion_takes_the_fact_out_at_once(store: FactStore) -> None:
    """What is deleted is gathered no more, whatever its term says."""
    what = wanted(start=["child:minh"], holders=["user:hoa"])
    write(store, fact(AUNT, valid_until=later(100)))
    assert gathered(store, what) == said(AUNT)

    assert delete(store, fact_id(KIDS, AUNT)).deleted == 1

    assert gathered(store, what) == set()
    assert current(store) == set()


def test_deleting_what_is_not_there_deletes_nothing(store: FactStore) -> None:
    """The answer says how many facts were deleted; an unknown id is none."""
    assert delete(store, "role-unknown").deleted == 0


def test_an_id_reaches_every_later_version(store: FactStore) -> None:
    """Whoever revokes by an id that was given before the fact was replaced revokes the fact that is there now."""
    (old,) = write(store, AUNT).ids
    write(store, role("user:hoa", "family_member", "child:minh", granted_by="user:hùng"))

    delete(store, old)

    assert current(store) == set()


def test_a_fact_may_be_replaced_by_another_in_one_write(store: FactStore) -> None:
    """Deletions and new facts of one write are in force together."""
    write(store, AUNT)

    written = write(store, TEACHER, deletions=((fact_id(KIDS, AUNT), ""),))

    assert (written.deleted, current(store)) == (1, said(TEACHER))


def test_a_write_that_fails_changes_nothing(store: FactStore) -> None:
    """All or nothing: facts, deletions and token are as before when a part of a write is refused."""
    write(store, AUNT, lies_in("class:lá-1", "school:sen"))
    before = store.state().token

    with pytest.raises(CycleError):
        write(store, TEACHER, lies_in("school:sen", "class:lá-1"), deletions=((fact_id(KIDS, AUNT), ""),))

    assert current(store) == said(AUNT, lies_in("class:lá-1", "school:sen"))
    assert store.state().token == before
    assert store.changes(KIDS, before, 10).changes == ()


def test_what_is_raised_within_a_transaction_undoes_it(store: FactStore) -> None:
    """A transaction that is left by an exception before `apply` has done nothing."""
    before = store.state().token

    class OurError(Exception):
        pass

    with pytest.raises(OurError), store.writing(KIDS):
        raise OurError

    assert store.state().token == before
    write(store, AUNT)
    assert current(store) == said(AUNT)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_cycle_of_containments_is_refused(store: FactStore, length: int) -> None:
    """However long the way round, what would lie in itself is refused, within one write and over several."""
    chain = [lies_in(f"a{number}:x", f"a{(number + 1) % length}:x") for number in range(length)]
    with pytest.raises(CycleError):
        write(store, *chain)
    if length > 1:
        write(store, *chain[:-1])
    with pytest.raises(CycleError) as raised:
        write(store, AUNT, chain[-1])
    assert raised.value.position == 1


def test_moving_is_no_cycle(store: FactStore) -> None:
    """A containment that a write replaces or deletes is no part of a cycle."""
    write(store, lies_in("a:x", "b:y"), lies_in("c:z", "a:x"))

    write(store, lies_in("b:y", "a:x"), deletions=((fact_id(KIDS, lies_in("a:x", "b:y")), ""),))

    assert current(store) == said(lies_in("b:y", "a:x"), lies_in("c:z", "a:x"))


def test_a_request_id_makes_a_write_idempotent(store: FactStore) -> None:
    """The same id with the same content is answered as the first time and changes nothing any more."""
    first = write(store, AUNT, request_id="r-1", content="c", decision_id="d-1")
    delete(store, fact_id(KIDS, AUNT))

    again = write(store, AUNT, request_id="r-1", content="c", decision_id="d-2")

    assert again == replace(first, repeated=True)
    assert (again.decision_ids, current(store)) == (("d-1",), set())


def test_a_request_id_stands_for_one_content(store: FactStore) -> None:
    """The same id with another content is refused and changes nothing; for another operator it is another id."""
    write(store, AUNT, request_id="r-1", content="c")

    with pytest.raises(ConflictError):
        write(store, TEACHER, request_id="r-1", content="other")

    assert current(store) == said(AUNT)
    write(store, TEACHER, request_id="r-1", content="other", operator="homeid")
    write(store, TEACHER, content="other")
    write(store, TEACHER, content="again")


def test_an_expected_token_guards_what_a_write_names(store: FactStore) -> None:
    """A write fails when something that it names has changed since the token, and not for what others did."""
    seen = write(store, AUNT).token
    write(store, TEACHER)

    assert write(store, AUNT, unless_changed_since=seen).token.revision == seen.revision + 2
    with pytest.raises(ConflictError):
        delete(store, fact_id(KIDS, AUNT), unless_changed_since=seen)
    with pytest.raises(ForeignTokenError):
        write(store, AUNT, unless_changed_since=Token("other", 1))
    assert current(store) == said(AUNT, TEACHER)


def test_tokens_count_upwards(store: FactStore) -> None:
    """Every write raises the revision by one, whoever's facts it changes; the history stays."""
    tokens = [
        write(store, AUNT).token,
        write(store, AUNT, operator="homeid").token,
        delete(store, fact_id(KIDS, AUNT)).token,
    ]

    assert [token.revision for token in tokens] == [1, 2, 3]
    assert {token.history for token in tokens} == {store.state().token.history}
    assert store.state().token == tokens[-1]
    assert store.gather(KIDS, wanted(), ANYTHING).token == str(tokens[-1])
    assert Token.parse(str(tokens[-1])) == tokens[-1]


def test_two_stores_have_two_histories(new_store: Callable[[], FactStore]) -> None:
    """A token of one store means nothing to another."""
    one, other = new_store(), new_store()
    token = write(one, AUNT).token
    write(other, AUNT)

    assert token.history != other.state().token.history
    with pytest.raises(ForeignTokenError):
        other.gather(KIDS, wanted(), at_least(token))
    with pytest.raises(ForeignTokenError):
        other.changes(KIDS, token, 10)


@pytest.mark.parametrize("text", ["", "x", "x.", ".1", "x.-1", "x.1e3", "x.99999999999999999999", "x.١"])
def test_what_is_no_token_is_foreign(store: FactStore, text: str) -> None:
    """A text that is no token of this store is refused as such."""
    with pytest.raises(ForeignTokenError):
        store.gather(KIDS, wanted(), at_least(text))


def test_a_token_of_a_later_state_is_not_met(store: FactStore) -> None:
    """A store that has not reached the state of a token cannot answer."""
    token = write(store, AUNT).token
    assert store.gather(KIDS, wanted(), at_least(token)).token == str(token)

    with pytest.raises(UnavailableError):
        store.gather(KIDS, wanted(), at_least(replace(token, revision=token.revision + 1)))


def test_a_decision_is_not_earlier_than_what_it_read(store: FactStore) -> None:
    """The instant of a commit comes with what was gathered, and never goes back with the clock."""
    write(store, AUNT, at=later(10))
    assert store.gather(KIDS, wanted(), ANYTHING).committed_at == later(10)

    write(store, TEACHER, at=later(5))

    assert store.gather(KIDS, wanted(), ANYTHING).committed_at == later(10)


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_a_filter_selects_by_every_field(store: FactStore) -> None:
    """A filter selects the facts that agree with each field that is set."""
    ticket = ground("support_ticket", "1", "user:tuấn", "child:minh", concerns=entity("class:lá-1"))
    spoken = consent("child:minh", "user:lan")
    inside = lies_in("child:minh", "class:lá-1")
    write(store, MOTHER, AUNT, TEACHER, ticket, spoken, inside)

    def found(**fields: str) -> set[str]:
        kind = fields.pop("kind", "")
        return current(store, selection=FactFilter(kind, **{k: entity(v) for k, v in fields.items()}))  # type: ignore[arg-type]

    assert found(kind="role") == said(MOTHER, AUNT, TEACHER)
    assert found(subject="user:lan") == said(MOTHER, spoken)
    assert found(scope="class:lá-1") == said(TEACHER, ticket, inside)
    assert found(data_subject="child:minh") == said(ticket, spoken)
    assert found(kind="ground", data_subject="child:minh", subject="user:tuấn") == said(ticket)
    assert found(kind="role", data_subject="child:minh") == set()


def test_the_past_is_read_as_of_an_instant(store: FactStore) -> None:
    """As of an instant a store holds what it held then, to the microsecond, deletions and replacements undone."""
    changed = role("user:hoa", "family_member", "child:minh", granted_by="user:hùng")
    write(store, AUNT, at=later(0))
    write(store, changed, TEACHER, at=later(10))
    delete(store, fact_id(KIDS, AUNT), at=later(20))

    def as_of(minutes: int, **less: int) -> set[str]:
        moment = later(minutes).replace(**less) if less else later(minutes)  # type: ignore[arg-type]
        return current(store, selection=FactFilter(as_of=moment))

    assert as_of(-1) == set()
    assert as_of(0) == as_of(9, microsecond=999_999) == said(AUNT)
    assert as_of(10) == as_of(19) == said(changed, TEACHER)
    assert as_of(20) == as_of(1000) == said(TEACHER)


def test_pages_are_of_one_state(store: FactStore) -> None:
    """Pages read one after another show the state that the first one saw, whatever is written meanwhile."""
    roles = [role(f"user:u{number}", "teacher", "class:lá-1") for number in range(10)]
    write(store, *roles)
    first = store.read(KIDS, FactFilter(), Page(4))
    delete(store, *(fact_id(KIDS, kind) for kind in roles[:5]))
    write(store, TEACHER)

    found, page = list(first.facts), first
    while not page.is_last:
        page = store.read(KIDS, FactFilter(), Page(4, page.facts[-1].id, first.token.revision))
        found += page.facts

    assert {each.kind for each in found} == set(roles)
    assert [each.id for each in found] == sorted(each.id for each in found)


def test_the_history_says_who_when_and_under_which_decision(store: FactStore) -> None:
    """Each version names who wrote it and who ended it, when, under which decision, and whether it was deleted."""
    changed = role("user:hoa", "family_member", "child:minh", granted_by="user:hùng")
    write(store, AUNT, actor="user:lan", at=later(0), decision_id="d-1")
    write(store, changed, actor="user:hùng", at=later(1), decision_id="d-2")
    write(store, deletions=((fact_id(KIDS, AUNT), "d-3"),), actor="user:lan", at=later(2))

    first, second = store.history(KIDS, FactFilter(subject=entity("user:hoa")))

    assert (first.fact.kind, second.fact.kind) == (AUNT, changed)
    assert (first.begun.actor, first.begun.at, first.begun.decision_id) == ("user:lan", later(0), "d-1")
    assert first.ended is not None
    assert (first.ended.actor, first.ended.at, first.ended.decision_id, first.deleted) == (
        "user:hùng",
        later(1),
        "d-2",
        False,
    )
    assert second.ended is not None
    assert (second.ended.actor, second.ended.decision_id, second.deleted) == ("user:lan", "d-3", True)


def test_changes_are_told_in_order(store: FactStore) -> None:
    """Whoever follows the changes learns each write and deletion of the operator once, whole revisions in order."""
    beginning = store.state().token
    write(store, AUNT, decision_id="d-1")
    write(store, AUNT, operator="homeid")
    write(store, AUNT, TEACHER, actor="user:hùng")
    end = write(store, MOTHER, deletions=((fact_id(KIDS, AUNT), ""),)).token

    def told(after: Token, limit: int) -> tuple[list[tuple[int, object]], Token]:
        found = store.changes(KIDS, after, limit)
        return [(c.token.revision, c.written.kind if c.written else c.id) for c in found.changes], found.token

    everything = [(1, AUNT), (3, AUNT), (3, TEACHER), (4, fact_id(KIDS, AUNT)), (4, MOTHER)]
    assert sorted(map(str, told(beginning, 100)[0])) == sorted(map(str, everything))
    assert told(beginning, 100)[1] == end
    step, token = told(beginning, 1)
    assert (step, token.revision) == ([(1, AUNT)], 1)
    step, token = told(token, 1)
    assert {said for _, said in step} == {AUNT, TEACHER}
    step, token = told(token, 1)
    assert [said for _, said in step] == [fact_id(KIDS, AUNT), MOTHER]
    assert told(token, 1) == ([], end)
    (first, *_) = store.changes(KIDS, beginning, 100).changes
    assert (first.actor, first.decision_id, first.at) == ("user:lan", "d-1", NOON)


def test_partitions_change_with_what_they_name(store: FactStore) -> None:
    """Every write marks the partitions of all that it names, before and after; others stay as they are."""
    write(store, AUNT)
    write(store, TEACHER)
    delete(store, fact_id(KIDS, AUNT))

    of_aunt, of_teacher = partitions_of(AUNT), partitions_of(TEACHER)

    assert store.partition_revisions(KIDS, of_aunt) == dict.fromkeys(of_aunt, 3)
    assert store.partition_revisions(KIDS, of_teacher) == dict.fromkeys(of_teacher, 2)
    other = next(number for number in range(PARTITIONS) if number not in of_aunt | of_teacher)
    assert store.partition_revisions(KIDS, frozenset({other})) == {other: 0}
    assert set(store.partition_revisions("homeid", of_aunt).values()) == {0}


def test_an_erased_person_is_gone_from_the_past_too(store: FactStore) -> None:
    """Erasing takes a person out of facts, history and the record of who changed what; the rest stays."""
    ticket = ground("support_ticket", "1", "user:tuấn", "child:minh", opened_by=entity("user:lan"))
    beginning = write(store, MOTHER, ticket, actor="user:lan").token
    write(store, AUNT, TEACHER, actor="user:lan")
    delete(store, fact_id(KIDS, MOTHER), actor="user:hùng")

    receipt = store.erase(KIDS, entity("user:lan"), later(1))

    assert (receipt.facts, receipt.versions, receipt.mentions) == (2, 1, 2)
    assert current(store) == said(TEACHER)
    assert current(store, selection=FactFilter(as_of=later(0))) == said(TEACHER)
    assert [version.fact.kind for version in store.history(KIDS, FactFilter())] == [TEACHER]
    told = store.changes(KIDS, beginning, 100)
    assert "lan" not in {change.actor.partition(":")[2] for change in told.changes}
    assert {change.id for change in told.changes if change.written is None} >= set(receipt.deleted_ids)
    assert receipt.token == store.state().token
    assert set(store.partition_revisions(KIDS, partitions_of(AUNT)).values()) == {receipt.token.revision}


def test_a_request_id_that_names_an_erased_person_is_forgotten(store: FactStore) -> None:
    """By the whole name wherever it stands, by the bare id where the write was about the person; others stay."""
    named: dict[str, FactKind] = {"grant for user:hoa": TEACHER, "grant hoa": AUNT}
    others: dict[str, FactKind] = {"hoa sen school": lies_in("class:lá-1", "school:hoa-sen"), "r-1": MOTHER}
    for request_id, kind in (named | others).items():
        write(store, kind, request_id=request_id, content="c")
    delete(store, fact_id(KIDS, AUNT), request_id="hoa goes", content="c")

    store.erase(KIDS, entity("user:hoa"), later(1))

    with store.writing(KIDS) as writing:
        known = {each: writing.earlier(each, "c") is not None for each in (*named, "hoa goes", *others)}
    assert known == dict.fromkeys((*named, "hoa goes"), False) | dict.fromkeys(others, True)


# --- Gathering --------------------------------------------------------------------------------------------------------


def test_containers_are_followed_upward(store: FactStore) -> None:
    """Everything that contains what is asked about is found, and the roles that are held there."""
    chain = [lies_in("child:minh", "class:lá-1"), lies_in("class:lá-1", "school:sen"), lies_in("school:sen", "unit:q1")]
    head = role("user:phượng", "school_admin", "school:sen")
    elsewhere = role("user:phượng", "school_admin", "school:other")
    write(store, *chain, head, elsewhere, lies_in("child:an", "class:lá-2"), TEACHER)

    found = gathered(store, wanted(start=["child:minh"], holders=["user:phượng"]))

    assert found == said(*chain, head)


def test_a_chain_that_goes_too_far_is_gathered_so_far_that_it_shows(store: FactStore) -> None:
    """Of a chain of more than 32 steps 33 are gathered: whoever judges them sees that they go too far."""
    write(store, *(lies_in(f"a{number}:x", f"a{number + 1}:x") for number in range(60)))

    found = gathered(store, wanted(start=["a0:x"]))

    assert 33 <= len(found) <= 35


def test_who_granted_a_role_is_followed(store: FactStore) -> None:
    """The roles of granters are found, and of those who made them granters, within what contains the question."""
    grants = [role(f"user:u{n}", "tenant_admin", "tenant:t", granted_by=f"user:u{n + 1}") for n in range(40)]
    outside = role("user:u1", "tenant_admin", "tenant:other", granted_by="user:x")
    write(store, *grants, outside)

    found = gathered(store, wanted(start=["tenant:t"], holders=["user:u0"]))

    assert len(found) == 33
    assert found <= said(*grants)


def test_consents_of_people_bring_the_roles_of_who_spoke(store: FactStore) -> None:
    """With a consent come the roles of its giver, and what contains its recipient."""
    spoken = consent("child:minh", "user:lan", recipient="org:chi-nhánh")
    branch = lies_in("org:chi-nhánh", "group:báo")
    write(store, spoken, MOTHER, branch, consent("child:an", "user:lan"), role("user:lan", "teacher", "class:xa"))

    assert gathered(store, wanted(start=["child:minh"], people=["child:minh"])) == said(spoken, MOTHER, branch)


def test_grounds_are_selected_by_what_they_name(store: FactStore) -> None:
    """Grounds are found by beneficiary, data subject and concern; an empty field only where it is asked for."""
    mine = ground("support_ticket", "1", "user:tuấn", "child:minh")
    others = ground("support_ticket", "2", "user:khác", "child:minh")
    nobodys = ground("support_ticket", "3", "user:tuấn")
    concerning = ground("incident", "4", concerns=entity("school:sen"))
    unconcerned = ground("incident", "5")
    write(store, mine, others, nobodys, concerning, unconcerned, lies_in("child:minh", "school:sen"))
    inside = lies_in("child:minh", "school:sen")
    tuan, minh = frozenset({entity("user:tuấn")}), frozenset({entity("child:minh")})

    def found(group: GroundsWanted, start: tuple[str, ...] = ()) -> set[str]:
        return gathered(store, wanted(start=start, grounds=(group,)))

    tickets, incidents = frozenset({"support_ticket"}), frozenset({"incident"})
    assert found(GroundsWanted(tickets, tuan, minh)) == said(mine)
    assert found(GroundsWanted(tickets, None, minh)) == said(mine, others)
    assert found(GroundsWanted(tickets, tuan, minh | {None})) == said(mine, nobodys)
    assert found(GroundsWanted(tickets, tuan)) == said(mine, nobodys)
    assert found(GroundsWanted(tickets)) == said(mine, others, nobodys)
    assert found(GroundsWanted(incidents, concerns=frozenset(), within=True), ("child:minh",)) == said(
        inside, concerning
    )
    assert found(GroundsWanted(incidents, concerns=frozenset({None}), within=True), ("child:minh",)) == said(
        inside, concerning, unconcerned
    )
    assert found(GroundsWanted(incidents, concerns=frozenset({Entity("school", "sen")}))) == said(concerning)
    assert found(GroundsWanted(tickets | incidents)) == said(mine, others, nobodys, concerning, unconcerned)


def test_grounds_bring_the_roles_of_those_they_name(store: FactStore) -> None:
    """Where a condition asks for the role of somebody whom a ground names, that role comes with it."""
    ticket = ground("support_ticket", "1", "user:tuấn", "child:minh", opened_by=entity("user:lan"))
    write(store, ticket, MOTHER)
    group = GroundsWanted(frozenset({"support_ticket"}), data_subjects=frozenset({entity("child:minh")}))

    asked = wanted(start=["child:minh"], grounds=(group,), naming=["support_ticket"])

    assert gathered(store, asked) == said(ticket, MOTHER)
    assert gathered(store, replace(asked, naming=frozenset())) == said(ticket)


def test_facts_are_gathered_by_id(store: FactStore) -> None:
    """A fact of which the id is known is found whatever it names."""
    write(store, AUNT, TEACHER)

    assert gathered(store, wanted(ids=[fact_id(KIDS, TEACHER), "role-unknown"])) == said(TEACHER)


def test_more_facts_than_may_be_looked_at_are_told_and_none_is_given(store: FactStore) -> None:
    """Past the bound nothing is given but that it was passed."""
    for part in range(5):
        write(store, *(ground("incident", f"{part}-{number}") for number in range(1000)))

    found = store.gather(KIDS, wanted(grounds=(GroundsWanted(frozenset({"incident"})),)), ANYTHING)

    assert (found.too_many, found.facts) == (True, ())
    assert not store.gather(KIDS, wanted(), ANYTHING).too_many


def test_all_that_is_gathered_has_one_bound(store: FactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each of several steps finds is not too much, and together it is: five consents, and a role of each giver."""
    for place in (sql_gathering, memory_facts):
        monkeypatch.setattr(place, "MAXIMUM_GATHERED", 8)
    people = [f"user:{number}" for number in range(5)]
    write(store, *(consent("child:minh", person) for person in people[:4]))
    write(store, *(role(person, "guardian", "child:minh") for person in people))
    asked = wanted(start=["child:minh"], people=["child:minh"])
    found = store.gather(KIDS, asked, ANYTHING)
    assert (found.too_many, len(found.facts)) == (False, 8)

    write(store, consent("child:minh", people[4]))

    found = store.gather(KIDS, asked, ANYTHING)
    assert (found.too_many, found.facts) == (True, ())


def test_terms_do_not_keep_a_fact_from_being_gathered(store: FactStore) -> None:
    """Time judges the terms of what was gathered: what has ended, or has yet to begin, is gathered too."""
    over: Fact = fact(AUNT, valid_until=later(-100))
    write(store, over, fact(MOTHER, valid_from=later(100)))

    assert gathered(store, wanted(start=["child:minh"], holders=["user:hoa"])) == said(AUNT, MOTHER)


def test_a_transaction_sees_what_it_will_change(store: FactStore) -> None:
    """What is gathered and found within a transaction is the state that it changes."""
    token = write(store, AUNT).token
    with store.writing(KIDS) as writing:
        seen = writing.gather(KIDS, wanted(start=["child:minh"], holders=["user:hoa"]), ANYTHING)
        found = writing.find(FactFilter(scope=entity("child:minh")), ["role-unknown"])
        by_id = writing.find(FactFilter(), [fact_id(KIDS, AUNT)])

    assert (
        [each.kind for each in seen.facts] == [each.kind for each in found] == [each.kind for each in by_id] == [AUNT]
    )
    assert seen.token == str(token)
