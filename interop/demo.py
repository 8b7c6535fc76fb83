"""What the checks in Python share: the demo tenant's tokens, forgeries of them, and one line a check."""

import base64
import hashlib
import hmac
import json
import sys
import uuid

import requests

ISSUER = sys.argv[1]
AUDIENCE = "https://api.example.test/v1/accounts/T00000001"
PORTAL_AUDIENCE = f"{ISSUER}/T00000001/intermediaries"
_failed = []


def check(what, work):
    """One line for each check; `finish` fails when one did."""
    try:
        work()
        print(f"ok      {what}")
    except Exception as failure:
        print(f"FAILED  {what}: {failure!r}")
        _failed.append(what)


def finish():
    sys.exit(1 if _failed else 0)


def refused(work, *errors):
    """That `work` is refused by one of the errors."""
    try:
        work()
    except errors:
        return
    raise AssertionError("was accepted")


def metadata():
    return requests.get(f"{ISSUER}/.well-known/oauth-authorization-server", timeout=10).json()


def person():
    """Signs a broker of the demo tenant in: the access token."""

    def call(path, body):
        headers = {"api-key": "local-api-key"}
        return requests.post(ISSUER + path, json=body, headers=headers, timeout=10).json()

    record = call("/intermediaries", {"variables": {}})["id"]
    body = {"email": f"interop-{record}@example.com", "password": "123QW@qwe!", "intermediaryId": record}
    return call("/intermediaries/accounts", body)["accessToken"]


def customer(client_token):
    """Signs a customer of the demo tenant in by a client that gets refresh tokens: the answer of its token endpoint."""

    def call(path, body):
        url = f"{ISSUER}/v1/accounts/T00000001/customers/{path}"
        body = {"type": "customer", "password": "Correct-horse-7-battery"} | body
        return requests.post(url, json=body, headers={"authorization": f"Bearer {client_token}"}, timeout=10).json()

    email = f"interop-{uuid.uuid4()}@example.com"
    call("users", {"email": email})
    return call("login", {"email": email, "audience": AUDIENCE})


def _encode(part):
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def forgeries(token, jwk, pem):
    """By name, tokens that nobody but an attacker would make of a good one."""
    header, claims, signature = token.split(".")

    def keyed(secret):
        signed = f"{_encode(_decode(header) | {'alg': 'HS256'})}.{claims}"
        return f"{signed}.{_encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"

    unsigned = _encode(_decode(header) | {"alg": "none"})
    return {
        "tampered claims": f"{header}.{_encode(_decode(claims) | {'sub': 'somebody-else'})}.{signature}",
        "alg none": f"{unsigned}.{claims}.",
        "alg none with our signature": f"{unsigned}.{claims}.{signature}",
        "HS256 by our public key as PEM": keyed(pem),
        "HS256 by our public key as JWK": keyed(json.dumps(jwk).encode()),
    }


def header(token):
    return _decode(token.split(".")[0])
