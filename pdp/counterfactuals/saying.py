"""Says a step in both languages, at two levels: with everybody's names for an admin, by its kind for a caller."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pdp.core.consents import GIVEN
from pdp.core.entity import Entity
from pdp.core.fact_identity import identity
from pdp.core.fact_schema import PropertySpec, ValueType
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment, Value
from pdp.core.local_time import say_instant
from pdp.core.text import Text, join_texts
from pdp.core.vocabulary import WordKind
from pdp.counterfactuals.steps import TIME, Add, Meet, Step
from pdp.counterfactuals.world import World

_ADD: Final = Text("thêm", "add")
_CHANGE: Final = Text("sửa thành", "change to")
_END: Final = Text("chấm dứt", "end")
_WITH: Final = Text("với", "with")
_SUBJECT: Final = Text("người yêu cầu", "the subject")
_SOMEBODY: Final = Text("một người khác", "somebody else")


@dataclass(frozen=True, slots=True)
class Said:
    """One step in words: *full* for an admin, *in_kind* for a caller."""

    full: Text
    in_kind: Text


def say_step(step: Step, world: World) -> Said:
    """Return *step* in words; *world* is the one in which it is done, with all other steps of its change."""
    if isinstance(step, Meet):
        return _say_meeting(step, world)
    verb = _END
    if isinstance(step, Add):
        known = {identity(fact.kind) for fact in world.origin.circumstances.facts}
        verb = _CHANGE if identity(step.fact.kind) in known else _ADD
    return Said(_after(verb, _say_fact(step.fact, world)), _after(verb, _kind_of(step.fact, world)))


def say_circumstance(step: Meet) -> str:
    """Return *step* as `path = value` with the value as JSON, or as `path absent`."""
    if step.value is None:
        return f"{step.path} absent"
    return f"{step.path} = {json.dumps(_plain(step.value), ensure_ascii=False)}"


def _after(verb: Text, what: Text) -> Text:
    return Text(f"{verb.vi}: {what.vi}", f"{verb.en}: {what.en}")


# --- Circumstances ----------------------------------------------------------------------------------------------------


def _say_meeting(step: Meet, world: World) -> Said:
    if step.path == TIME and isinstance(step.value, datetime):
        at = say_instant(step.value)
        said = Text(f"chờ đến {at}", f"wait until {at}")
        return Said(said, said)
    spec = _spec_of(step.path, world)
    text = spec.text if spec is not None else Text(step.path, step.path)
    if step.value is None:
        said = _after(_WITH, Text(f"{text.vi} (`{step.path}`) không nêu", f"{text.en} (`{step.path}`) not stated"))
        return Said(said, said)
    if spec is not None and spec.type is ValueType.BOOL and isinstance(step.value, bool):
        stated = text if step.value else Text(f"không phải: {text.vi}", f"it is not so that {text.en}")
        said = _after(_WITH, Text(f"{stated.vi} (`{step.path}`)", f"{stated.en} (`{step.path}`)"))
        return Said(said, said)
    value = _say_value(step.value, spec)
    said = _after(_WITH, Text(f"{text.vi} (`{step.path}`) là {value.vi}", f"{text.en} (`{step.path}`) is {value.en}"))
    if not isinstance(step.value, Entity):
        return Said(said, said)
    other = Text(f"{text.vi} (`{step.path}`) là bên khác", f"{text.en} (`{step.path}`) is another one")
    return Said(said, _after(_WITH, other))


def _spec_of(path: str, world: World) -> PropertySpec | None:
    root, _, name = path.partition(".")
    schema = world.policy.schema
    sections: Mapping[str, Mapping[str, PropertySpec]] = {
        "subject": schema.subject_properties,
        "resource": schema.resource_properties,
        "context": schema.context_properties,
        "extra": world.policy.declared,
    }
    return sections[root].get(name)


def _say_value(value: Value, spec: PropertySpec | None) -> Text:
    if isinstance(value, bool):
        return Text("có", "yes") if value else Text("không", "no")
    if isinstance(value, datetime):
        return Text(say_instant(value), say_instant(value))
    if isinstance(value, Entity):
        return Text(f"`{value}`", f"`{value}`")
    if isinstance(value, tuple):
        return join_texts((_say_value(each, spec) for each in value), ", ", ", ")
    if isinstance(value, str) and spec is not None and value in spec.values:
        said = spec.value_text(value)
        return said if said.en == value else Text(f"{said.vi} (`{value}`)", f"{said.en} (`{value}`)")
    return Text(f"`{value}`", f"`{value}`")


def _plain(value: Value) -> object:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Entity) else value


# --- Facts ------------------------------------------------------------------------------------------------------------


def _say_fact(fact: Fact, world: World) -> Text:
    match fact.kind:
        case RoleAssignment() as role:
            granted = Text("", "")
            if role.granted_by is not None:
                granted = Text(f", do `{role.granted_by}` cấp", f", granted by `{role.granted_by}`")
            held = _role_text(role.role, world)
            return Text(
                f"`{role.subject}` giữ vai trò {held.vi} trong `{role.scope}`{granted.vi}",
                f"`{role.subject}` holds the role {held.en} in `{role.scope}`{granted.en}",
            )
        case Consent() as consent:
            return _say_consent(consent, world)
        case Ground() as ground:
            return _say_ground(ground, world)
        case Containment() as inside:
            return Text(
                f"`{inside.entity}` thuộc `{inside.container}`", f"`{inside.entity}` lies in `{inside.container}`"
            )


def _role_text(role: str, world: World) -> Text:
    said = world.policy.vocabulary.text(WordKind.ROLE, role)
    return Text(f"“{said.vi}” (`{role}`)", f"`{role}` ({said.en})")


def _say_consent(consent: Consent, world: World) -> Text:
    schema = world.policy.schema.consent
    status = schema.status_text(consent.status)
    purposes = ", ".join(consent.purposes) or "*"
    categories = ", ".join(consent.categories) or "*"
    what = _word_of(consent)
    said = Text(
        f"{what.vi} của `{consent.given_by}` ({status.vi}) về dữ liệu của `{consent.data_subject}`: {categories} "
        f"cho {purposes}",
        f"{what.en} of `{consent.given_by}` ({status.en}) on data of `{consent.data_subject}`: {categories} "
        f"for {purposes}",
    )
    parts = [said]
    if consent.form:
        form = schema.form_text(consent.form)
        parts.append(Text(f"hình thức {form.vi}", f"in the form {form.en}"))
    parts += _say_properties(consent.properties, schema.properties)
    if consent.recipient is not None:
        parts.append(Text(f"bên nhận là `{consent.recipient}`", f"recipient is `{consent.recipient}`"))
    return join_texts(parts, ", ", ", ")


def _word_of(consent: Consent) -> Text:
    return Text("sự đồng ý", "consent") if consent.status == GIVEN else Text("ý kiến", "word")


def _say_ground(ground: Ground, world: World) -> Text:
    spec = world.policy.schema.grounds[ground.kind]
    status = spec.status_text(ground.status)
    parts = [Text(f"{spec.text.vi} `{ground.id}` ({status.vi})", f"{spec.text.en} `{ground.id}` ({status.en})")]
    if ground.beneficiary is not None:
        parts.append(Text(f"người được dựa vào là `{ground.beneficiary}`", f"beneficiary is `{ground.beneficiary}`"))
    if ground.data_subject is not None:
        parts.append(
            Text(f"người liên quan là `{ground.data_subject}`", f"person concerned is `{ground.data_subject}`")
        )
    return join_texts([*parts, *_say_properties(ground.properties, spec.properties)], ", ", ", ")


def _say_properties(properties: Mapping[str, Value], specs: Mapping[str, PropertySpec]) -> list[Text]:
    said = []
    for name, value in properties.items():
        spec = specs.get(name)
        text = spec.text if spec is not None else Text(name, name)
        if isinstance(value, bool) and value:
            said.append(text)
        else:
            shown = _say_value(value, spec)
            said.append(Text(f"{text.vi} là {shown.vi}", f"{text.en} is {shown.en}"))
    return said


def _kind_of(fact: Fact, world: World) -> Text:
    """Say what kind of fact *fact* is, without a name."""
    match fact.kind:
        case RoleAssignment() as role:
            held, who = _role_text(role.role, world), _who(role.subject, world)
            return Text(f"vai trò {held.vi} của {who.vi}", f"the role {held.en} of {who.en}")
        case Consent() as consent:
            schema = world.policy.schema.consent
            status = schema.status_text(consent.status)
            form = schema.form_text(consent.form) if consent.form else Text("", "")
            how = Text(f", hình thức {form.vi}", f", in the form {form.en}") if consent.form else Text("", "")
            who = _who(consent.given_by, world)
            what = _word_of(consent)
            return Text(f"{what.vi} của {who.vi} ({status.vi}){how.vi}", f"{what.en} of {who.en} ({status.en}){how.en}")
        case Ground() as ground:
            spec = world.policy.schema.grounds[ground.kind]
            status = spec.status_text(ground.status)
            return Text(f"{spec.text.vi} ({status.vi})", f"{spec.text.en} ({status.en})")
        case Containment() as inside:
            type_ = world.policy.schema.entity_types.get(inside.container.type)
            said = type_ or Text(inside.container.type, inside.container.type)
            return Text(f"dữ liệu nằm trong một {said.vi}", f"that the data lies in a {said.en}")


def _who(entity: Entity, world: World) -> Text:
    if entity == world.request.subject:
        return _SUBJECT
    if entity == world.request.resource.data_subject:
        return world.policy.vocabulary.text(WordKind.ROLE, "data_subject")
    held = sorted({one.role.role for one in world.circumstances.assignments_of(entity) if one.counts})
    return world.policy.vocabulary.text(WordKind.ROLE, held[0]) if held else _SOMEBODY
