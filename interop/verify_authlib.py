"""Metadata, tokens and the three endpoints as Authlib (with joserfc, its own JOSE) reads and calls them."""

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from demo import AUDIENCE, ISSUER, PORTAL_AUDIENCE, check, customer, finish, forgeries, header, metadata, person, refused

found = AuthorizationServerMetadata(metadata())
published = requests.get(found["jwks_uri"], timeout=10).json()
keys = KeySet.import_key_set(published)


def verify(token, audience, issuer=found["issuer"]):
    algorithms = sorted({key["alg"] for key in published["keys"]})
    decoded = jwt.decode(token, keys, algorithms=algorithms)
    essential = {name: {"essential": True} for name in ("sub", "exp", "iat", "jti", "client_id")}
    claims = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": audience}, **essential
    )
    claims.validate(decoded.claims)
    return decoded.claims


def session(id="local-backend", secret=None, method="client_secret_basic"):
    return OAuth2Session(id, secret or f"{id}-secret", token_endpoint_auth_method=method)


def same(found, wanted):
    assert found == wanted, f"{found!r}, not {wanted!r}"


def metadata_is_valid():
    # Authlib takes an empty list for a missing one; why it is empty is said in standard-metadata.
    for name in set(AuthorizationServerMetadata.REGISTRY_KEYS) - {"response_types_supported"}:
        getattr(found, f"validate_{name}", lambda: None)()


def transport_is_all_that_is_wrong(work):
    # The local server speaks http, which RFC 8414 forbids and a deployment does not.
    if ISSUER.startswith("https://"):
        return work()
    secure = {name: value.replace("http://", "https://") for name, value in found.items() if isinstance(value, str)}
    found.update(secure)
    try:
        work()
    finally:
        found.update({name: value.replace("https://", "http://") for name, value in secure.items()})


def endpoints(method):
    backend = session(method=method)

    def grant():
        token = backend.fetch_token(found["token_endpoint"], grant_type="client_credentials", audience=AUDIENCE)
        same(token["token_type"], "Bearer")
        same(verify(token["access_token"], AUDIENCE)["client_id"], "local-backend")

    def introspect():
        access = backend.token["access_token"]
        answer = backend.introspect_token(found["introspection_endpoint"], token=access).json()
        same((answer["active"], answer["iss"], answer["aud"]), (True, ISSUER, AUDIENCE))
        answer = backend.introspect_token(found["introspection_endpoint"], token=access + "x").json()
        same(answer, {"active": False})

    def revoke():
        answer = backend.revoke_token(found["revocation_endpoint"], token="unknown", token_type_hint="refresh_token")
        same((answer.status_code, answer.text), (200, ""))
        answer = backend.revoke_token(found["revocation_endpoint"], token=backend.token["access_token"])
        same((answer.status_code, answer.json()["error"]), (400, "unsupported_token_type"))

    def refusals():
        def ask(by, **form):
            by.fetch_token(found["token_endpoint"], **form)

        credentials = {"grant_type": "client_credentials"}
        for error, work in {
            "invalid_scope": lambda: ask(session(method=method), scope="nothing", **credentials),
            "invalid_target": lambda: ask(session(method=method), audience="https://other.example.test", **credentials),
            "invalid_grant": lambda: ask(session(method=method), grant_type="refresh_token", refresh_token="unknown"),
            "invalid_client": lambda: ask(session(secret="wrong", method=method), **credentials),
        }.items():
            try:
                work()
                raise AssertionError(f"not {error}")
            except OAuthError as refusal:
                same(refusal.error, error)

    check(f"Authlib: client_credentials by {method}", grant)
    check(f"Authlib: introspection by {method}", introspect)
    check(f"Authlib: revocation by {method}", revoke)
    check(f"Authlib: a refusal by {method} is understood", refusals)


def a_persons_session():
    verifier, access = session("local-verifier"), person()
    active = lambda: verifier.introspect_token(found["introspection_endpoint"], token=access).json()["active"]
    same(active(), True)
    headers = {"api-key": "local-api-key", "accountAccessToken": access}
    requests.delete(f"{ISSUER}/intermediaries/sessions", headers=headers, timeout=10)
    same(active(), False)


def client_token(id):
    return session(id).fetch_token(found["token_endpoint"], grant_type="client_credentials")["access_token"]


def a_customers_session():
    backend = session("local-refresh")
    active = lambda token: backend.introspect_token(found["introspection_endpoint"], token=token).json()["active"]
    first = customer(client_token("local-refresh"))
    following = backend.refresh_token(found["token_endpoint"], refresh_token=first["refresh_token"])
    assert following["refresh_token"] != first["refresh_token"]
    same(active(following["access_token"]), True)
    revoked = backend.revoke_token(found["revocation_endpoint"], token=following["refresh_token"])
    same(revoked.status_code, 200)
    for pair in (first, following):
        same((active(pair["access_token"]), active(pair["refresh_token"])), (False, False))


check("Authlib: the issuer is the one that was asked", lambda: same(found["issuer"], ISSUER))
check("Authlib: the metadata is valid", lambda: transport_is_all_that_is_wrong(metadata_is_valid))
for method in found["token_endpoint_auth_methods_supported"]:
    endpoints(method)
check("Authlib: a person's token, until they sign out", a_persons_session)

check("Authlib: a customer's tokens, refreshed and revoked", a_customers_session)

tokens = [
    ("a client's token", client_token("local-backend"), AUDIENCE),
    ("a broker's token", person(), PORTAL_AUDIENCE),
    ("a customer's token", customer(client_token("local-refresh"))["access_token"], AUDIENCE),
]
for kind, token, audience in tokens:
    check(f"Authlib: {kind} verifies", lambda: verify(token, audience))
    for why, work in {
        "for another audience": lambda: verify(token, "https://other.example.test"),
        "from another issuer": lambda: verify(token, audience, f"{ISSUER}/"),
    }.items():
        check(f"Authlib: {kind} is refused {why}", lambda: refused(work, JoseError))
    key = next(key for key in published["keys"] if key["kid"] == header(token)["kid"])
    pem = next(known for known in keys.keys if known.kid == key["kid"]).as_pem(private=False)
    for name, forged in forgeries(token, key, pem).items():
        check(f"Authlib: {kind} is refused: {name}", lambda: refused(lambda: verify(forged, audience), JoseError, ValueError))
finish()
