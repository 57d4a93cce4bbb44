"""Pages travel compressed to browsers that take them so."""

import gzip

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

WORTH_IT = 1024
"""Bytes below which an answer fits into a packet anyway."""

LEVEL = 5
"""A page of 200 kB takes 2 ms; better levels take far longer for little."""

VARIES = {"Vary": "Accept-Encoding"}
PACKED = {**VARIES, "Content-Encoding": "gzip"}


def packed(request: Request, answer: Response) -> Response:
    """The answer, compressed where it is a text that is worth it; files and streams go as they are."""
    is_text = answer.headers.get("content-type", "").startswith("text/")
    if isinstance(answer, StreamingResponse) or not is_text or len(answer.body) < WORTH_IT:
        return answer
    answer.headers.update(VARIES)
    if takes_gzip(request):
        answer.body = gzip.compress(answer.body, LEVEL, mtime=0)
        answer.headers.update({**PACKED, "Content-Length": str(len(answer.body))})
    return answer


def takes_gzip(request: Request) -> bool:
    """Whether the browser names gzip without ruling it out."""
    offers = request.headers.get("accept-encoding", "").replace(" ", "").lower().split(",")
    return any(offer.startswith("gzip") and not offer.endswith((";q=0", ";q=0.0")) for offer in offers)
