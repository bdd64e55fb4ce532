"""What the worker measures of itself, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS_FOLDED = Counter("drumbeat_worker_events_total", "Records folded, by what became of them.", ("topic", "outcome"))
ROUND_EVENTS = Histogram(
    "drumbeat_worker_round_events",
    "Records of one round.",
    buckets=(1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000),
)
STEP_SECONDS = Histogram(
    "drumbeat_worker_step_seconds",
    "Time of one step of a round.",
    ("step",),
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
PARTITION_LAG = Gauge("drumbeat_worker_lag_events", "Records on the log and not folded yet.", ("topic", "partition"))
GUARDS_MISSED = Counter("drumbeat_worker_guards_missed_total", "Rounds begun again: a document had been moved.")
STORE_AWAY = Counter("drumbeat_worker_store_away_total", "Rounds begun again: the store did not answer.")
ALERTS = Counter("drumbeat_worker_alerts_total", "Alerts put into the outbox.", ("kind", "level", "done"))
CLOCK_LATE_SECONDS = Histogram(
    "drumbeat_worker_clock_late_seconds",
    "From a clock's deadline to its alert standing in the outbox.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 30, 300),
)
