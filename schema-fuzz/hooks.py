"""How the requests that are made up get past authentication: most carry real credentials and name real things."""

import atexit
import collections
import os
import sys
import uuid
import zlib

import requests
import schemathesis

ISSUER = os.environ["ISSUER"]
TENANT = "T00000001"
API = f"{ISSUER}/v1/accounts/{TENANT}"
AUDIENCE = f"https://api.example.test/v1/accounts/{TENANT}"
KEYS = {"accessKey": "local-access-key", "secretKey": "local-secret-key"}
PASSWORD = "Correct-horse-7-battery"

# Limits are per second and minute, access tokens live 10 minutes: time goes ahead, and people sign in anew.
CALLS_A_STEP, STEP_SECONDS, STEPS_A_SESSION = 15, 31, 15

statuses = collections.Counter()
calls = 0
demo = {}


def ok(answer):
    answer.raise_for_status()
    return answer.json() if answer.content else None


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def sign_in():
    """New people and things of each surface, whatever became of those before."""
    backend = ok(requests.post(
        f"{API}/auth/token", json={"grant_type": "client_credentials", "audience": AUDIENCE},
        auth=("local-backend", "local-backend-secret"),
    ))["access_token"]
    calm = {"users": {"mfa": {"enabled": False}, "phone_number_validation": {"allow_duplicates": False}}}
    ok(requests.put(f"{API}/customers/settings", json=calm, headers=bearer(backend)))
    client = ok(requests.post(
        f"{API}/auth/clients", headers=bearer(backend),
        json={"name": "Of this run", "grants": [{"audience": AUDIENCE, "scope": ["orders:read"]}]},
    ))["client_id"]
    email = f"kari-{uuid.uuid4()}@example.com"
    customer = ok(requests.post(
        f"{API}/customers/users", json={"email": email, "password": PASSWORD}, headers=bearer(backend)
    ))
    body = {"email": email, "password": PASSWORD, "audience": AUDIENCE, "type": "customer"}
    person = ok(requests.post(f"{API}/customers/login", json=body, headers=bearer(backend)))["access_token"]
    body = {"audience": AUDIENCE, "type": "customer", "email": email, "secret": PASSWORD}
    mfa_token = ok(requests.post(f"{API}/customers/mfa_login", json=body, headers=bearer(backend)))["mfa_token"]
    sessions = ok(requests.get(f"{API}/auth/users/{customer['user_id']}/sessions", headers=bearer(backend)))

    api_key = {"api-key": "local-api-key"}
    record = ok(requests.post(f"{ISSUER}/intermediaries", json={"variables": {}}, headers=api_key))["id"]
    body = {"email": f"jane-{record}@example.com", "password": PASSWORD, "intermediaryId": record}
    jane = ok(requests.post(f"{ISSUER}/intermediaries/accounts", json=body, headers=api_key))
    signed_in = api_key | {"accountAccessToken": jane["accessToken"]}
    account = ok(requests.get(f"{ISSUER}/intermediaries/accounts", headers=signed_in))["id"]
    validation = ok(requests.post(
        f"{ISSUER}/intermediaries/accounts/password-validation-token", json={"password": PASSWORD}, headers=signed_in
    ))["passwordValidationToken"]

    public = ok(requests.get(f"{ISSUER}/api/Access/PublicToken", params=KEYS))["PublicAuthKey"]
    registration = ok(requests.get(f"{ISSUER}/api/Access/GetRegisterToken", params=KEYS))
    auto_login = ok(requests.get(f"{ISSUER}/api/AutoLogin/TenantKey", params=KEYS))
    address = f"john-{uuid.uuid4()}@example.com"
    fields = {"EmailAddress": address, "mx_Portal_Password": PASSWORD, "mx_Portal_Confirm_Password": PASSWORD}
    portal = {"Authorization": public, "x-lsq-registertoken": registration, "x-lsq-portalid": "local-portal"}
    lead = ok(requests.post(
        f"{ISSUER}/api/Authentication/v2/Register", params=KEYS, headers=portal,
        json={"LeadFields": [{"Attribute": name, "Value": value} for name, value in fields.items()]},
    ))["LeadId"]
    auth_key = ok(requests.post(
        f"{ISSUER}/api/Authentication/Signin", headers=portal, json={"EmailAddress": address, "Password": PASSWORD}
    ))["AuthKey"]

    third_party = ok(requests.post(
        f"{ISSUER}/auth/v2/token", data={"grant_type": "client_credentials"},
        auth=("local-verifier", "local-verifier-secret"),
    ))["access_token"]
    transfer = ok(requests.post(
        f"{ISSUER}/auth/v2/session", json={"scope": "names email", "optional_scope": "email"},
        headers=bearer(third_party),
    ))
    return {
        "headers": {
            "IntermediariesApiKey": api_key,
            "IntermediariesAccessToken": {"accountAccessToken": jane["accessToken"]},
            "IntermediariesRefreshToken": {"accountRefreshToken": jane["refreshToken"]},
            "IntermediariesPasswordValidationToken": {"accountPasswordValidationToken": validation},
            "LeadsPublicKey": {"Authorization": public},
            "LeadsAuthKey": {"Authorization": auth_key},
            "LeadsAccessKeyHeader": {"x-LSQ-AccessKey": KEYS["accessKey"]},
            "LeadsSecretKeyHeader": {"x-LSQ-SecretKey": KEYS["secretKey"]},
            "LeadsRegistrationToken": {"x-lsq-registertoken": registration},
            "LeadsPortalId": {"x-lsq-portalid": "local-portal"},
            "CustomersClient": bearer(backend),
            "CustomersPerson": bearer(person),
            "TransfersClientToken": bearer(third_party),
            "TransfersSessionToken": bearer(transfer["session_token"]),
        },
        "query": {
            "LeadsAccessKey": {"accessKey": KEYS["accessKey"]},
            "LeadsSecretKey": {"secretKey": KEYS["secretKey"]},
            "LeadsAutoLoginKey": {"authkey": auto_login},
        },
        "basic": {
            "CustomersClientSecret": ("local-backend", "local-backend-secret"),
            "StandardsClientSecret": ("local-backend", "local-backend-secret"),
            "TransfersClientSecret": ("local-verifier", "local-verifier-secret"),
        },
        "path": {
            "aid": TENANT,
            "oid": TENANT,
            "customer_id": customer["customer_id"],
            "user_id": customer["user_id"],
            "client_id": client,
            "id": account,
            "intermediaryId": record,
            "leadId": lead,
            "session_token": transfer["session_token"],
            "session_id": [transfer["session_id"], sessions["sessions"][0]["session_id"]],
        },
        "body": {
            "audience": AUDIENCE,
            "mfa_token": mfa_token,
            "email": email,
            "intermediaryId": record,
            "client_id": "local-backend",
            "EmailAddress": address,
            "grant_type": "client_credentials",
        },
    }


def step():
    """Some time goes by; now and then everybody signs in anew."""
    global calls, demo
    if calls % CALLS_A_STEP == 0:
        ok(requests.post(f"{ISSUER}/local/clock", json={"advance_seconds": STEP_SECONDS}))
        if calls % (CALLS_A_STEP * STEPS_A_SESSION) == 0:
            demo = sign_in()
    calls += 1


def chance(case, what):
    """One of 8, always the same for the same request."""
    return zlib.crc32(f"{what} {case.method} {case.path} {case.body!r} {case.path_parameters!r}".encode()) % 8


@schemathesis.hook
def before_call(context, case, kwargs):
    step()
    of = case.operation
    definition = of.definition.raw
    for name in case.path_parameters or {}:
        known = demo["path"].get(name)
        if isinstance(known, list):
            known = known[of.path.startswith("/v1/")]
        # A tenant of no token and a path of nothing are refused before anything else is looked at.
        if known is not None and chance(case, name) > (0 if name in ("aid", "oid") else 3):
            case.path_parameters[name] = known
    if isinstance(case.body, dict):
        for name in case.body:
            if name in demo["body"] and chance(case, name) > 3:
                case.body[name] = demo["body"][name]
    ways = [way for way in definition.get("security", []) if way]
    if not ways or chance(case, "credentials") == 0:
        return
    for name in ways[chance(case, "way") % len(ways)]:
        if name in demo["headers"]:
            case.headers.update(demo["headers"][name])
        elif name in demo["query"]:
            case.query.update(demo["query"][name])
        elif name in demo["basic"]:
            kwargs["auth"] = demo["basic"][name]


@schemathesis.hook
def after_call(context, case, response):
    statuses[response.status_code] += 1


@atexit.register
def report():
    total = statuses.total()
    if not total:
        return
    print(f"\n{total} requests: " + ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items())))
    kept_out = sum(statuses[status] for status in (401, 403, 429))
    if total < 10_000 or kept_out > total // 2:
        print("too few of them, or too few that were let in")
        sys.stdout.flush()
        os._exit(1)
