"""Asks the compiled engine about a Casbin model, and why it says no."""

from pathlib import Path

from pdp.engine import Engine, InvalidPolicyError

engine = Engine.from_files("examples/casbin/model.conf", "examples/casbin/policy.csv")
print("tier:", engine.tier)

print("lan writes:", engine.enforce("lan", "hoa-sen", "/classes/a1/marks", "write"))
print("minh writes:", engine.enforce_ex("minh", "hoa-sen", "/classes/a1/marks", "write"))

for rule in engine.matches("minh", "hoa-sen", "/classes/a1/marks", "write").rules:
    print("matches:", rule.effect, *rule.fields[:4])

why = engine.why_not("lan", "hoa-sen", "/classes/a1/marks", "delete")
for near in why.nearest:
    print("near:", near.condition, dict(near.values))
print("no rule speaks of:", *why.unheard)

try:
    model = Path("examples/casbin/model.conf").read_text("utf-8")
    Engine.from_text(model, "p, lan, hoa-sen, /classes/:class/marks, write, Deny")
except InvalidPolicyError as error:
    print(error)
    print(error.findings[0].in_locale("vi"))
