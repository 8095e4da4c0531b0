"""The route table against docs/api/openapi.yaml, both ways: paths, methods, path parameters, who needs no credential, and whether
there is a body, and which acts once under an idempotency key. compare.py LIST_ROUTES OPENAPI PROBLEM_CODES..."""
import re
import subprocess
import sys

import yaml

breaches = []


def breach(text):
    breaches.append(text)


rows = {}
for line in subprocess.run([sys.argv[1]], capture_output=True, text=True, check=True).stdout.splitlines():
    method, path, body_max, public, event = line.split("\t")[0].split(" ", 4)
    if (method, path) in rows:
        breach(f"{method} {path} stands twice in the table")
    rows[method, path] = (int(body_max), public == "1", line.split("\t")[2] == "1")
    if method != "GET" and event == "-" and public != "1" and path not in ("/v1/verify", "/v1/timestamps", "/v1/timestamps/verify", "/v1/profiles/preview"):
        breach(f"{method} {path} changes something and has no audit event")

api = yaml.safe_load(open(sys.argv[2], encoding="utf-8"))


def look_for_null(value, where):
    """A comma or a colon in a flow mapping's text, unquoted, cuts it: what follows is a key without a value."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if inner is None and isinstance(value, dict):
            breach(f"openapi.yaml: {where}/{key} has no value")
        look_for_null(inner, f"{where}/{key}")


look_for_null(api, "")
# They read their key themselves, and answer as they say.
OWN_KEY = {("POST", f"/v1/{name}") for name in ("logins", "scans", "task-batches", "tasks", "users", "workstations")}
described = {}
for path, item in api["paths"].items():
    for method, operation in item.items():
        if method not in ("parameters", "summary", "description"):
            described[method.upper(), path] = (item, operation)

for key in sorted(rows.keys() - described.keys()):
    breach(f"{' '.join(key)} is not in openapi.yaml")
for key in sorted(described.keys() - rows.keys()):
    breach(f"{' '.join(key)} is in openapi.yaml only")

for key in sorted(rows.keys() & described.keys()):
    (body_max, public, once), (item, operation) = rows[key], described[key]
    if ({"$ref": "#/components/parameters/IdempotencyKey"} in operation.get("parameters", [])) != once:
        breach(f"{' '.join(key)}: the parameter IdempotencyKey in openapi.yaml and the route's WHO_ONCE differ")
    if any(p.get("name") == "Idempotency-Key" for p in operation.get("parameters", [])) != (key in OWN_KEY):
        breach(f"{' '.join(key)}: a parameter Idempotency-Key of its own, or none")
    declared = {p.get("name", "") for p in (api["components"]["parameters"][q["$ref"].split("/")[-1]] if "$ref" in q else q
                                            for q in item.get("parameters", []) + operation.get("parameters", []))
                if p.get("in") == "path"}
    if declared != set(re.findall(r"{(\w+\*?)}", key[1])):
        breach(f"{' '.join(key)}: path parameters {sorted(declared)}")
    if "requestBody" in operation and body_max == 0:
        breach(f"{' '.join(key)}: openapi.yaml has a body, the route takes none")
    if (operation.get("security", api.get("security")) == []) != public:
        breach(f"{' '.join(key)}: security in openapi.yaml and the route's who differ")
    if not any(status[0] in "23" for status in operation["responses"]):
        breach(f"{' '.join(key)}: no successful answer described")

print("\n".join(breaches) or f"{len(rows)} routes agree")
sys.exit(bool(breaches) or not rows)
