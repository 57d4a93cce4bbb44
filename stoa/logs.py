"""Structured logs on stderr, one JSON object a line. They name shops and orders by number, never people."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog


def configure_logs(level: str) -> None:
    """From this level on; ``level`` is debug, info, warning or error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace_without_words,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _trace_without_words(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Where it failed and with which kind of exception; its message may quote an order, so it is left out."""
    fault = event.pop("exc_info", None)
    if fault is True:
        fault = sys.exception()
    if isinstance(fault, BaseException):
        event["fault"] = type(fault).__name__
        event["trace"] = "".join(traceback.format_tb(fault.__traceback__))
    return event
