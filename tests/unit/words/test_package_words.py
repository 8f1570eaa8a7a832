"""The words that the package brings along."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pdp.core.fact_schema import FactSchema, PropertySpec, ValueType
from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.words import load_fact_schema, load_vocabulary

_IDS = Path(__file__).parents[2] / "data" / "word_ids.json"


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """The vocabulary of the package."""
    return load_vocabulary()


@pytest.fixture(scope="module")
def schema(vocabulary: Vocabulary) -> FactSchema:
    """The fact schema of the package."""
    return load_fact_schema(vocabulary)


def _property_sections(schema: FactSchema) -> Iterator[tuple[str, Mapping[str, PropertySpec]]]:
    yield "subject_properties", schema.subject_properties
    yield "resource_properties", schema.resource_properties
    yield "context_properties", schema.context_properties
    yield "consent.properties", schema.consent.properties
    for kind, ground in schema.grounds.items():
        yield f"grounds.{kind}.properties", ground.properties


def _ids(vocabulary: Vocabulary, schema: FactSchema) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {kind.value: sorted(vocabulary.words(kind)) for kind in WordKind}
    ids["entity_types"] = sorted(schema.entity_types)
    ids["fields"] = sorted(schema.fields)
    ids["obligations"] = sorted(schema.obligations)
    ids["grounds"] = sorted(schema.grounds)
    ids["consent.form"] = sorted(schema.consent.forms)
    ids["consent.status"] = sorted(schema.consent.statuses)
    for kind, ground in schema.grounds.items():
        ids[f"grounds.{kind}.status"] = sorted(ground.statuses)
    for name, specs in _property_sections(schema):
        ids[name] = sorted(specs)
        ids.update({f"{name}.{key}": sorted(spec.values) for key, spec in specs.items() if spec.values})
    return ids


def _texts(vocabulary: Vocabulary, schema: FactSchema) -> Iterator[tuple[str, Text]]:
    """Yield whatever has a name, with the name."""
    named: dict[str, Mapping[str, Text]] = {
        kind.value: {word.id: word.text for word in vocabulary.words(kind).values()} for kind in WordKind
    }
    named["entity_types"] = schema.entity_types
    named["consent.form"] = schema.consent.form_texts
    named["consent.status"] = schema.consent.status_texts
    named["grounds"] = {kind: ground.text for kind, ground in schema.grounds.items()}
    named["obligations"] = {id_: obligation.text for id_, obligation in schema.obligations.items()}
    for kind, ground in schema.grounds.items():
        named[f"grounds.{kind}.status"] = ground.status_texts
    for section, specs in _property_sections(schema):
        named[section] = {key: spec.text for key, spec in specs.items()}
        named.update({f"{section}.{key}": spec.value_texts for key, spec in specs.items()})
    for section, texts in named.items():
        for id_, text in texts.items():
            yield f"{section}.{id_}", text


def test_no_published_id_is_lost_or_added_unnoticed(vocabulary: Vocabulary, schema: FactSchema) -> None:
    """Policies and stored facts rely on every id, so the ids are exactly those that the test data lists."""
    assert _ids(vocabulary, schema) == json.loads(_IDS.read_text(encoding="utf-8"))


def test_every_word_is_said_in_both_languages(vocabulary: Vocabulary, schema: FactSchema) -> None:
    """Whatever has an id has a Vietnamese and an English name, in Unicode NFC and without a full stop."""
    texts = dict(_texts(vocabulary, schema))
    ids = _ids(vocabulary, schema)
    assert texts.keys() == {f"{section}.{id_}" for section in ids.keys() - {"fields"} for id_ in ids[section]}
    for name, text in texts.items():
        for said in (text.vi, text.en):
            assert said, name
            assert said == said.strip(), name
            assert unicodedata.is_normalized("NFC", said), name
            assert not said.endswith("."), name


@pytest.mark.parametrize("kind", list(WordKind))
def test_two_words_of_a_kind_never_share_a_name(vocabulary: Vocabulary, kind: WordKind) -> None:
    """A reader can tell the words of a section apart by their names, in either language."""
    words = vocabulary.words(kind).values()
    assert len({word.text.vi for word in words}) == len(words)
    assert len({word.text.en for word in words}) == len(words)


@pytest.mark.parametrize(
    ("kind", "narrow", "wide"),
    [
        (WordKind.ROLE, "primary_guardian", ["guardian"]),
        (WordKind.ROLE, "complaint_supervisor", ["complaint_staff", "operator_staff"]),
        (WordKind.ROLE, "affiliate", ["partner", "third_party"]),
        (WordKind.CATEGORY, "child_photo", ["child_data", "personal_data"]),
        (WordKind.CATEGORY, "email", ["contact", "personal_data"]),
        (WordKind.CATEGORY, "complaint_statistics", []),
        (WordKind.ACTION, "transfer_abroad", ["transfer"]),
        (WordKind.PURPOSE, "judicial_investigation", ["authority_request", "legal_compliance"]),
        (WordKind.PURPOSE, "third_party_marketing", ["marketing"]),
    ],
)
def test_a_word_lies_in_its_broader_words(vocabulary: Vocabulary, kind: WordKind, narrow: str, wide: list[str]) -> None:
    """Going upward from a word meets each broader word, narrow to wide."""
    assert list(vocabulary.upward(kind, narrow)) == [narrow, *wide]


def test_every_role_but_the_data_subject_is_held_somewhere(vocabulary: Vocabulary) -> None:
    """The data subject is never assigned; every other role names the scopes that it can be held in."""
    nowhere = {role.id for role in vocabulary.words(WordKind.ROLE).values() if not role.held_in}
    assert nowhere == {"data_subject"}


def test_the_prefix_of_a_clause_tells_the_operator(vocabulary: Vocabulary, schema: FactSchema) -> None:
    """Each operator has a clause prefix of its own, and every obligation is imposed by clauses with one of these."""
    prefixes = {word.id: word.clause_prefix for word in vocabulary.words(WordKind.OPERATOR).values()}
    assert prefixes == {
        "kidsonline": "KIDS",
        "welearning": "OES",
        "kiotviet": "KIOT",
        "homeid": "HOME",
        "onmeeting": "ONM",
    }
    for obligation in schema.obligations.values():
        assert {clause.partition("-")[0] for clause in obligation.clauses} <= set(prefixes.values())


def test_common_properties_go_to_the_kinds_that_have_their_operator(schema: FactSchema) -> None:
    """`concerns` is a property of each kind that one of its operators uses, narrowed to the operators of the kind."""
    assert "concerns" not in schema.grounds["registration"].properties
    ticket = schema.grounds["support_ticket"]
    assert ticket.properties["concerns"].ops == ticket.ops - {"kidsonline"}
    assert schema.grounds["invitation"].properties["concerns"].ops == {"welearning"}


def test_properties_have_the_types_that_the_schema_states(schema: FactSchema) -> None:
    """Types, lists, enum values and narrower operators arrive as they were written."""
    channels = schema.subject_properties["verified_channels"]
    assert (channels.type, channels.is_list, channels.values) == (ValueType.ENUM, True, ("email", "phone"))
    parties = schema.grounds["dispute"].properties["parties"]
    assert (parties.type, parties.is_list) == (ValueType.ENTITY, True)
    assert schema.grounds["support_ticket"].properties["product"].ops == {"kidsonline"}
    assert schema.grounds["complaint"].requires == ("opened_by",)


def test_absence_has_a_meaning_for_the_listed_keys_alone(schema: FactSchema) -> None:
    """Only the properties with `absent:` are known without being sent, and none inside a fact is."""
    meanings = {
        f"{section}.{key}": spec.absent
        for section, specs in _property_sections(schema)
        for key, spec in specs.items()
        if spec.absent is not None
    }
    assert meanings == {
        "resource_properties.fields": "all of the resource",
        "resource_properties.made_public_by": "none",
        "resource_properties.account_state": "active",
        "resource_properties.deleted_at": "none",
        "resource_properties.deletion_requested_at": "none",
        "resource_properties.deletion_requested_via": "none",
        "context_properties.step_up": "none",
    }


def test_names_fit_into_sentences(schema: FactSchema) -> None:
    """Properties, values and statuses have short names that a generated sentence can use."""
    method = schema.context_properties["authentication_method"]
    assert method.text == Text(vi="cách xác thực", en="authentication method")
    assert method.value_text("otp") == Text(vi="mã OTP", en="a one-time code")
    assert method.value_text("unlisted") == Text(vi="unlisted", en="unlisted")
    assert schema.context_properties["authenticated"].text.en == "the sign-in was checked"
    assert schema.grounds["order"].status_text("in_transit") == Text(vi="đang giao", en="in transit")
    assert schema.consent.form_text("implied").vi == "ngầm hiểu"
    assert schema.consent.status_text("withdrawn").en == "withdrawn"
    assert schema.entity_types["child"] == Text(vi="trẻ", en="child")


def test_the_words_are_read_once(vocabulary: Vocabulary, schema: FactSchema) -> None:
    """Loading again gives the same values, and the digests are those of a SHA-256."""
    assert load_vocabulary() is vocabulary
    assert load_fact_schema(vocabulary) is schema
    assert len(vocabulary.digest) == len(schema.digest) == 64
    assert vocabulary.digest != schema.digest
