"""Signing keys at rest: encrypted, because they must be used again."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class WrongSecretKey(ValueError):
    """What was sealed cannot be opened with the secret key of this process."""


class KeyVault:
    """Seals and unseals keys under STOA_SECRET_KEY, each bound to its shop and its kind of message."""

    def __init__(self, secret_key: str) -> None:
        derived = HKDF(SHA256(), length=32, salt=None, info=b"stoa signing keys").derive(secret_key.encode())
        self._cipher = AESGCM(derived)

    def seal(self, plain: bytes, shop_id: int, kind: str) -> bytes:
        """Encrypt with AES-256-GCM: a fresh nonce, then the ciphertext and its tag."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, bound_to(shop_id, kind))

    def unseal(self, sealed: bytes, shop_id: int, kind: str) -> bytes:
        """Give back what was sealed for this shop and kind, or raise WrongSecretKey."""
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, ciphertext, bound_to(shop_id, kind))
        except (InvalidTag, ValueError):
            raise WrongSecretKey(
                "The signing key was sealed under another STOA_SECRET_KEY: set the former one again."
            ) from None


def bound_to(shop_id: int, kind: str) -> bytes:
    return f"{shop_id}:{kind}".encode()
