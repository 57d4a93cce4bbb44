"""Why a webhook cannot be sent or was not taken, in the reader's language. Whatever sends them notes it in English."""

import re

from stoa.languages import translate

FAULTS = (
    "timed out",
    "name not found",
    "TLS failed: the certificate is not valid for the host",
    "cannot connect",
    "connection closed",
    "connection refused",
    "the answer is not HTTP",
    "not a URL",
    "redirected to nowhere",
    "redirected more than {count} times",
    "the shop has removed its webhook URL",
    "this webhook is switched off",
    "this address does not know of the return: its creation was delivered elsewhere or not at all",
    "The signing key was sealed under another STOA_SECRET_KEY: set the former one again.",
    "address refused: {reason}",
    "{address} is {kind}; see {setting}",
    "plain http is only for addresses inside {setting}",
    "this is not a URL",
    "the URL is longer than {most} characters",
    "the URL has blanks, backslashes or control characters",
    "the URL has a fragment (#…)",
    "the URL has no valid host name",
    "the URL must begin with https://",
    "the URL must begin with https:// unless its addresses are inside {setting}",
    "the URL must not carry a user or password",
    "the URL's address must be written in the usual form, such as 192.0.2.1",
    "the port must be 1 to 65535",
    "the host must be {domain} or below it unless its addresses are inside {setting}",
    "the host does not resolve yet: nothing is delivered until it does",
)
"""What the sender, the dispatcher and the guard say, with what is different each time in braces."""

KINDS = (
    "unspecified",
    "private",
    "shared by a provider's customers",
    "loopback",
    "a cloud's metadata service",
    "link-local",
    "reserved",
    "a 6to4 relay",
    "multicast",
    "an embedded IPv4 address",
)
"""What the guard calls addresses that may not be called."""


def _pattern(text: str) -> re.Pattern[str]:
    """Matches the text with anything in its braces."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(text)), re.DOTALL)


_FILLED_IN = [(_pattern(text), text) for text in FAULTS if "{" in text]


def fault_text(language: str, fault: str) -> str:
    """The same in the language; what nobody knows stays as it is."""
    for pattern, text in _FILLED_IN:
        if found := pattern.fullmatch(fault):
            parts = {name: fault_text(language, part) for name, part in found.groupdict().items()}
            return translate(text, language).format(**parts)
    return translate(fault, language)
