# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The schemas of policy, facts, verdict, fleet, action, pin-report and enforce, held to documents: they are schemas, what the
project writes is valid by them, and what is broken is not. Of policies also that the
schema and `driftguard policy check` agree.

    check.py DRIFTGUARD STRIP ACT

Reports in TAP.
"""
import copy
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

from jsonschema import Draft202012Validator, FormatChecker

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DRIFTGUARD, STRIP, ACT = sys.argv[1:]

number = 0
failures = 0


def result(good, what, detail=""):
    global number, failures
    number += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {number} - {what}")
    if not good:
        for line in str(detail).splitlines()[:10]:
            print(f"# {line[:400]}")


def load(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return json.load(file)


def where(error):
    return "/".join(str(step) for step in error.absolute_path) + ": " + error.message


class Schema:
    def __init__(self, name):
        self.name = name
        self.schema = load(f"policy/{name}.schema.json")
        try:
            Draft202012Validator.check_schema(self.schema)
            result(True, f"{name}: is a schema")
        except Exception as e:
            result(False, f"{name}: is a schema", e)
        self.validator = Draft202012Validator(self.schema, format_checker=FormatChecker())

    def why_not(self, document):
        """What is wrong first, or None."""
        for error in self.validator.iter_errors(document):
            return where(error)
        return None

    def holds(self, document, what):
        why = self.why_not(document)
        result(why is None, f"{self.name}: {what}", why)


# --- what the project writes ---

def each_host(schema, file):
    paths = sorted(glob.glob(os.path.join(TOP, "tests/hosts/*/", file)))
    result(len(paths) > 20, f"{schema.name}: there are hosts to look at")
    for path in paths:
        schema.holds(load(path), f"{os.path.basename(os.path.dirname(path))} is valid")


def steps(document, at=()):
    """The way to every object and list in it."""
    if isinstance(document, (dict, list)):
        yield at
        items = document.items() if isinstance(document, dict) else enumerate(document)
        for key, value in items:
            yield from steps(value, at + (key,))


def reach(document, at):
    for step in at:
        document = document[step]
    return document


def kinds(document):
    """One way to each kind of object: a list's elements are of one kind."""
    seen = {}
    for at in steps(document):
        kind = tuple("*" if isinstance(step, int) else step for step in at)
        if isinstance(reach(document, at), dict) and "evidence" not in kind[:-1]:
            seen.setdefault(kind, at)
    return seen


def broken(document, free):
    """The document broken in one way each; objects named in `free` take any member."""
    for kind, at in kinds(document).items():
        name = "/".join(kind) or "top"
        if not kind or kind[-1] not in free:
            other = copy.deepcopy(document)
            reach(other, at)["unheard-of"] = {}
            yield f"{name} with an unheard-of member", other
        for key in reach(document, at):
            if kind and kind[-1] in free:
                continue
            other = copy.deepcopy(document)
            reach(other, at)[key] = ["a list", {"of": "things"}, 3.5]
            yield f"{name} with a strange {key}", other


def refuses(schema, document, free=()):
    ways = list(broken(document, free))
    passed = [what for what, other in ways if schema.why_not(other) is None]
    result(len(ways) > 30 and not passed,
           f"{schema.name}: refuses it broken in each of {len(ways)} ways", "\n".join(passed))
    for other in (None, [], "text", 3, {}, {"schema": "driftguard.other/1"}):
        if schema.why_not(other) is None:
            result(False, f"{schema.name}: refuses {other!r}")


# --- policies, by both ---

HEAD = {"schema": "driftguard.policy/1"}
WAIVER = {"id": "w", "check": "pin-age", "reason": "r", "owner": "o", "until": "2026-12-31"}


def waiver(without=(), **members):
    whole = {**WAIVER, **members}
    return {**HEAD, "waivers": [{k: v for k, v in whole.items() if k not in without}]}


POLICIES = [
    (True, "nothing but the schema", HEAD),
    (False, "no schema", {}),
    (False, "another schema", {"schema": "driftguard.policy/2"}),
    (False, "a list", []),
    (False, "null", None),
    (False, "an unknown key", {**HEAD, "pni": {}}),
    (False, "an unknown key below", {**HEAD, "pin": {"max_age_day": 3}}),
    (True, "a number", {**HEAD, "pin": {"max_age_days": 36500}}),
    (False, "a number as text", {**HEAD, "pin": {"max_age_days": "90"}}),
    (False, "a number too small", {**HEAD, "pin": {"max_age_days": 0}}),
    (False, "a number too large", {**HEAD, "pin": {"max_age_days": 36501}}),
    (False, "a huge number", {**HEAD, "pin": {"max_age_days": 2**63}}),
    (False, "a fraction", {**HEAD, "pin": {"max_age_days": 1.5}}),
    (False, "truth as a number", {**HEAD, "pin": {"require_reason": 1}}),
    (True, "a word", {**HEAD, "pin": {"strategy": "unpin"}}),
    (False, "no such word", {**HEAD, "pin": {"strategy": "never"}}),
    (True, "a severity", {**HEAD, "checks": {"pin-age": {"severity": "off"}}}),
    (False, "no such severity", {**HEAD, "checks": {"pin-age": {"severity": "bad"}}}),
    (False, "a severity without its key", {**HEAD, "checks": {"pin-age": "off"}}),
    (True, "essential", {**HEAD, "essential": []}),
    (False, "essential as an object", {**HEAD, "essential": {}}),
    (False, "essential of numbers", {**HEAD, "essential": [3]}),
    (True, "a waiver", waiver()),
    (True, "a waiver to an hour", waiver(until="2026-12-31T18:00:00Z")),
    (True, "a waiver for days", waiver(since="2026-06-03", until="90d")),
    (False, "a waiver for days since whenever", waiver(until="90d")),
    (False, "a waiver for no days", waiver(since="2026-06-03", until="0d")),
    (False, "a waiver for too many days", waiver(since="2026-06-03", until="36501d")),
    (False, "a waiver to no such day", waiver(until="2026-02-30")),
    (False, "a waiver to a word", waiver(until="soon")),
    (False, "a waiver to a date out of order", waiver(until="31-12-2026")),
    (False, "a waiver since a word", waiver(since="lately", until="2026-12-31")),
    (False, "a waiver since days", waiver(since="90d", until="2026-12-31")),
    (False, "a waiver without a reason", waiver(without=["reason"])),
    (False, "a waiver without an owner", waiver(without=["owner"])),
    (False, "a waiver without an end", waiver(without=["until"])),
    (False, "a waiver with an empty text", waiver(reason="")),
    (False, "a waiver with a long text", waiver(reason="x" * 4097)),
    (True, "a waiver for hosts", waiver(hosts=["gpu-*"], kernel="6.5.*", subject="*")),
    (False, "a waiver for no hosts", waiver(hosts=[])),
    (False, "a waiver for one host", waiver(hosts="gpu-*")),
    (True, "an override", {**HEAD, "overrides": [{"hosts": ["a"], "pin": {"warn_days": 0}}]}),
    (False, "an override without hosts", {**HEAD, "overrides": [{"pin": {}}]}),
    (False, "waivers in an override", {**HEAD, "overrides": [{"hosts": ["a"], "waivers": []}]}),
    (False, "a mistake in an override",
     {**HEAD, "overrides": [{"hosts": ["a"], "pin": {"warn_days": -1}}]}),
    (True, "sinks", {**HEAD, "sinks": {"motd": "off", "textfile": True}}),
    (False, "a sink's other type", {**HEAD, "sinks": {"textfile": "warning"}}),
    (True, "enforcing", {**HEAD, "enforce": {"on": ["pin-age"], "actions": ["unpin"]}}),
    (False, "no such action", {**HEAD, "enforce": {"actions": ["reboot"]}}),
    (False, "a long list", {**HEAD, "enforce": {"canaries": ["h"] * 1001}}),
    (False, "pressure out of range", {**HEAD, "pressure": {"io_full_percent": 101}}),
    (False, "no boots kept", {**HEAD, "history": {"keep_boots": 0}}),
]


def checked(text):
    """Whether driftguard takes it, and what it says."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([DRIFTGUARD, "policy", "check", file.name],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        return None, done.stdout + done.stderr
    return done.returncode == 0, done.stdout + done.stderr


def both(schema):
    for good, what, document in POLICIES:
        why = schema.why_not(document)
        taken, said = checked(json.dumps(document))
        result((why is None) == good and taken == good,
               f"{schema.name}: {'takes' if good else 'refuses'} {what}, and so does driftguard",
               f"schema: {why}\ndriftguard: {said}")


def strip(text):
    done = subprocess.run([STRIP], input=text, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def default(schema):
    with open(os.path.join(TOP, "policy/default.json"), encoding="utf-8") as file:
        text = file.read()
    plain = strip(text)
    schema.holds(plain, "the default is valid")
    # Its examples stand in comments of C's kind, and nothing else does.
    examples = re.sub(r"/\*|\*/", "", text)
    document = strip(examples)
    result(document["waivers"] and document["overrides"] and document["checks"],
           f"{schema.name}: the default has examples")
    schema.holds(document, "the default's examples are valid")
    taken, said = checked(examples)
    result(taken, f"{schema.name}: driftguard takes the default's examples", said)
    refuses(schema, document, free=("checks",))


def shown(schema):
    done = subprocess.run([DRIFTGUARD, "policy", "show", "--format", "json", "--facts",
                           os.path.join(TOP, "tests/hosts/incident/facts.json")],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    schema.holds(json.loads(done.stdout)["policy"], "what policy show prints is valid")


# --- what is printed, and recorded nowhere ---

def printed(*args):
    done = subprocess.run([DRIFTGUARD, "--now", "2026-06-03T09:00:00Z", "--format", "json", *args],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return json.loads(done.stdout)


def fleet_of_all(schema):
    paths = sorted(glob.glob(os.path.join(TOP, "tests/hosts/*/facts.json")))
    whole = printed("fleet", *paths, "/nonexistent")
    schema.holds(whole, "all hosts together are valid")
    counted = sum(whole["counts"].values())
    result(counted == len(whole["hosts"]) == len(paths) + 1 - whole["replaced"],
           f"{schema.name}: every host is counted once", whole["counts"])
    result([h["problem"] for h in whole["hosts"]].count(None) == counted - 1,
           f"{schema.name}: what cannot be read is a problem")
    few = printed("fleet", os.path.join(TOP, "tests/hosts/incident/facts.json"))
    refuses(schema, few, free=("checks",))


def status_of(schema):
    """Of a tree without a verdict, with one, and with one that is too old."""
    with tempfile.TemporaryDirectory() as tree:
        os.makedirs(os.path.join(tree, "run/driftguard"))
        none = printed("--root", tree, "status")
        schema.holds(none, "a status without a verdict is valid")
        verdict = load("tests/hosts/incident/verdict.json")
        for then, stale in (("2026-06-03T08:00:00Z", False), ("2026-05-31T08:00:00Z", True)):
            verdict["time"] = then
            with open(os.path.join(tree, "run/driftguard/verdict.json"), "w",
                      encoding="utf-8") as file:
                json.dump(verdict, file)
            status = printed("--root", tree, "status")
            schema.holds(status, f"a status is valid, stale: {stale}")
            result(status["recorded"]["stale"] == stale, f"{schema.name}: stale: {stale}",
                   status["recorded"])
        result(none["recorded"] == {"age_s": None, "stale": True},
               f"{schema.name}: nothing recorded has no age", none["recorded"])


class Host:
    """A test host's tree, and the stand-in for proxmox-boot-tool that changes it."""

    def __init__(self, folder, name):
        self.tree = os.path.join(folder, "tree")
        self.tool = os.path.join(folder, "proxmox-boot-tool")
        self.seconds = 0
        os.symlink(os.path.join(TOP, "tests/act/boot-tool"), self.tool)
        with open(self.tool + ".root", "w", encoding="utf-8") as file:
            file.write(self.tree)
        subprocess.run([os.path.join(TOP, "tools/host"), name, self.tree], check=True,
                       stdin=subprocess.DEVNULL)

    def now(self):
        """A second later each time: records are told apart by it."""
        self.seconds += 1
        return f"2026-06-03T08:00:{self.seconds:02}Z"

    def control(self, fault):
        self.put("etc/boot-tool-standin", f"fault={fault}\n")

    def put(self, path, text):
        path = os.path.join(self.tree, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def guard(self, *args):
        """What driftguard prints on it, as a document."""
        done = subprocess.run([DRIFTGUARD, "--root", self.tree, "--now", self.now(), "--format",
                               "json", "--boot-tool", self.tool, *args],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return json.loads(done.stdout) if done.stdout else {"said": done.stderr}


def acted(folder):
    """The records of a pin that is done, one that is refused, one that has to be undone."""
    host = Host(folder, "incident-built")
    for plan, fault in [(["pin", "7.0.6-2-pve"], ""), (["evil", "apt"], ""), (["unpin"], "lie")]:
        host.control(fault)
        subprocess.run([ACT, "--now", host.now(), host.tree, host.tool, *plan],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    for path in sorted(glob.glob(os.path.join(host.tree, "var/lib/driftguard/actions/*.json"))):
        yield load(path)


def actions(schema):
    with tempfile.TemporaryDirectory() as folder:
        records = list(acted(folder))
    outcomes = [record["outcome"] for record in records]
    result(outcomes == ["done", "refused", "undone"], "action: three records", outcomes)
    for record in records:
        schema.holds(record, f"what is {record['outcome']} is valid")
    refuses(schema, records[0])


TERMS = ["--reason", "because", "--until", "2026-12-31", "--owner", "me"]

# Arguments, a fault of the tool, and how it ends; one after the other on one host.
PINS = [
    ("healthy-9.2", ["pin", "7.0.2-6-pve", *TERMS, "--override", "zfs-features", "--dry-run"], "",
     None),
    ("healthy-9.2", ["pin", "7.0.2-6-pve", *TERMS], "", "refused"),
    ("healthy-9.2", ["pin", "7.0.2-6-pve", *TERMS, "--override", "zfs-features"], "lie", "undone"),
    ("healthy-9.2", ["pin", "7.0.2-6-pve", *TERMS, "--override", "zfs-features"], "", "done"),
    ("healthy-9.2", ["pin", "7.0.2-6-pve", *TERMS], "", "nothing"),
    ("healthy-9.2", ["unpin", "--dry-run"], "", None),
    ("healthy-9.2", ["unpin"], "", "done"),
    ("healthy-9.2", ["unpin"], "", "nothing"),
    ("healthy-9.2", ["pin", "7.0.2-6-pve", "--next-boot", "--override", "zfs-features"], "",
     "done"),
    ("healthy-9.2", ["unpin", "--next-boot"], "", "done"),
    ("healthy-9.2-grub", ["pin", "7.0.2-6-pve", "--next-boot"], "", "refused"),
    ("healthy-9.2-grub", ["pin", "7.0.2-6-pve", "--next-boot", "--accept-sticky"], "", "done"),
    ("healthy-9.2-grub", ["pin", "7.0.6-2-pve", *TERMS], "", "refused"),
    ("healthy-9.2-grub", ["unpin", "--next-boot"], "", "done"),
]


def acting(**enforce):
    return json.dumps({**HEAD, "pin": {"max_age_days": 90},
                       "enforce": {"enabled": True, "on": ["pin-age"], "actions": ["repin"],
                                   "require_proven": False, "cooldown_hours": 0, **enforce}})


ENFORCED = [
    ("incident-built", [], acting(enabled=False), "", "dry-run"),
    ("incident-built", ["--yes"], acting(enabled=False), "", "refused"),
    ("incident-built", ["--yes"], acting(actions=["notify"]), "", "nothing"),
    ("incident-built", ["--yes"], acting(on=["pin-expired"]), "", "nothing"),
    ("incident-built", ["--yes"], "{", "", "refused"),
    ("incident-built", [], acting(), "", "dry-run"),
    ("incident-built", [], acting(actions=["pin-next-boot"]), "", "dry-run"),
    ("incident-built", ["--yes"], acting(), "lie", "undone"),
    ("incident-esp", ["--yes"], acting(), "", "refused"),
    ("incident-built", ["--yes"], acting(), "", "done"),
    ("esp-stale", ["--yes"], acting(on=["esp-stale"], actions=["refresh"]), "", "done"),
    ("container-lxc", ["--yes"], acting(), "", "nothing"),
]


def told(schema, cases, run):
    """Each case on its host, which is a fresh one where the name changes."""
    documents, name = [], None
    for number, case in enumerate(cases):
        if case[0] != name:
            folder = tempfile.TemporaryDirectory()
            name, host = case[0], Host(folder.name, case[0])
        document = run(host, *case[1:-1])
        documents.append(document)
        result(document.get("outcome", "none") == case[-1],
               f"{schema.name}: case {number} ends as {case[-1]}", document)
        schema.holds(document, f"case {number} is valid ({name}: {case[-1]})")
    return documents


def pins(schema):
    def run(host, args, fault):
        host.control(fault)
        return host.guard(*args)
    documents = told(schema, PINS, run)
    refuses(schema, documents[0])
    refuses(schema, documents[3])


def enforced(schema):
    def run(host, args, policy, fault):
        host.control(fault)
        host.put("etc/driftguard/policy.json", policy)
        return host.guard("enforce", *args)
    documents = told(schema, ENFORCED, run)
    refuses(schema, documents[-3])


def main():
    policy, facts, verdict = Schema("policy"), Schema("facts"), Schema("verdict")
    actions(Schema("action"))
    pins(Schema("pin-report"))
    enforced(Schema("enforce"))
    fleet = Schema("fleet")
    default(policy)
    shown(policy)
    both(policy)
    each_host(facts, "facts.json")
    refuses(facts, load("tests/hosts/incident/facts.json"))
    each_host(verdict, "verdict.json")
    refuses(verdict, load("tests/hosts/incident/verdict.json"), free=("evidence",))
    status_of(verdict)
    fleet_of_all(fleet)
    print(f"1..{number}")
    return failures != 0


sys.exit(main())
