"""Tokens verified by PyJWT, from discovery to the key set to the claims."""

import jwt
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from demo import AUDIENCE, ISSUER, PORTAL_AUDIENCE, check, customer, finish, forgeries, header, metadata, person, refused

found = metadata()
keys = jwt.PyJWKClient(found["jwks_uri"])
published = requests.get(found["jwks_uri"], timeout=10).json()["keys"]


def verify(token, audience, issuer=found["issuer"]):
    key = keys.get_signing_key_from_jwt(token)
    required = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]
    return jwt.decode(
        token, key, algorithms=[key.algorithm_name], audience=audience, issuer=issuer, options={"require": required}
    )


def client_token(id):
    form = {"grant_type": "client_credentials"}
    answer = requests.post(found["token_endpoint"], data=form, auth=(id, f"{id}-secret"), timeout=10)
    return answer.json()["access_token"]


tokens = [
    ("a client's token", client_token("local-backend"), AUDIENCE),
    ("a broker's token", person(), PORTAL_AUDIENCE),
    ("a customer's token", customer(client_token("local-refresh"))["access_token"], AUDIENCE),
]

check("PyJWT: every published key is read", lambda: [jwt.PyJWK(key) for key in published])
for kind, token, audience in tokens:
    check(f"PyJWT: {kind} verifies", lambda: verify(token, audience))
    other = "https://other.example.test"
    check(
        f"PyJWT: {kind} is refused for another audience",
        lambda: refused(lambda: verify(token, other), jwt.InvalidAudienceError),
    )
    check(
        f"PyJWT: {kind} is refused from another issuer",
        lambda: refused(lambda: verify(token, audience, f"{ISSUER}/"), jwt.InvalidIssuerError),
    )
    jwk = next(key for key in published if key["kid"] == header(token)["kid"])
    pem = jwt.PyJWK(jwk).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name, forged in forgeries(token, jwk, pem).items():
        check(
            f"PyJWT: {kind} is refused: {name}",
            lambda: refused(lambda: verify(forged, audience), jwt.PyJWTError),
        )
finish()
