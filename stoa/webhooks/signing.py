"""Signatures as https://www.standardwebhooks.com describes them: receivers verify and deduplicate by them."""

import base64
import hashlib
import hmac
import secrets

KEY_BYTES = 32


def new_signing_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def shown(key: bytes) -> str:
    """Write the key the way a shop keeps it: ``whsec_`` and base64."""
    return "whsec_" + base64.b64encode(key).decode()


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Make the three headers for one request; ``timestamp`` is in whole seconds since 1970, UTC."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{digest}",
    }
