"""Structured logs and Prometheus metrics.

Logs are JSON lines on standard error; what a request bound (its id, the
caller's key id) stands on every line of it. Nothing logs a key, a body or a
person's data.
"""

import logging
import sys

import structlog
from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("drumbeat_http_requests_total", "HTTP requests answered.", ("service", "route", "status"))
REQUEST_SECONDS = Histogram(
    "drumbeat_http_request_seconds",
    "Time from request to answer.",
    ("service", "route"),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
EVENTS_PUBLISHED = Counter("drumbeat_events_published_total", "Events the broker acknowledged.", ("topic",))
WRITES_WAITING = Gauge("drumbeat_writes_waiting", "Writes whose events the broker has not acknowledged yet.")
EVENTS_REJECTED = Counter("drumbeat_events_rejected_total", "Events refused, by reason.", ("service", "reason"))


def configure_logging(service: str, level: str = "INFO") -> None:
    """Send every log line of the process through one JSON renderer.

    Args:
        service: stands on each line.
        level: least level that is written.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.EventRenamer("message"),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # The access log would repeat what the metrics count, a line per request.
    logging.getLogger("uvicorn.access").disabled = True
    for noisy in ("kafka", "aiokafka", "pymongo", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)
