"""Sagas: what spans several objects or services, done step by step, so that it ends complete or untouched.

`rules` says what a saga is and how it moves on (pure), `runner` does the steps and survives a kill
at any of them, `api` shows where one stands.
"""

from backbone.saga.rules import More, Outcome, Plan, Saga, SagaState, Step, Undo, fail_points
from backbone.saga.runner import SagaRunner, Sagas, open_sagas

__all__ = [
    "More",
    "Outcome",
    "Plan",
    "Saga",
    "SagaRunner",
    "SagaState",
    "Sagas",
    "Step",
    "Undo",
    "fail_points",
    "open_sagas",
]
