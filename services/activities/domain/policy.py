"""Service-level policies: how long a complaint's first reply and solution may take, by severity and customer grade.

The policy is chosen when a complaint is opened or judged, and the complaint keeps the edition it was
chosen by; a change makes a new edition and touches no complaint that is open already.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from backbone.problems import Refused
from services.activities.domain.story import Complaint

MOST_EDITIONS: Final = 200
ANY: Final = "*"
"""Stands for every severity or grade in the name of a policy's place; no code holds it alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What a policy says from a moment on; durations in seconds, None = it does not say."""

    number: int
    first_reply_seconds: int | None = None
    resolution_seconds: int | None = None
    close_after_seconds: int | None = None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy for a severity and a customer grade; None stands for every one of them.

    `place` names the pair; no two policies in force have the same. `editions` begins with the oldest.
    """

    policy_id: str
    name: str
    severity: str | None = None
    customer_grade: str | None = None
    place: str = ""
    active: bool = True
    editions: tuple[Edition, ...]
    created_at: datetime

    @property
    def edition(self) -> Edition:
        """What it says now."""
        return self.editions[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for one complaint: which edition of which policy, and how long things may take by it."""

    policy_id: str | None = None
    policy_version: int | None = None
    first_reply_seconds: int | None = None
    resolution_seconds: int | None = None
    close_after_seconds: int | None = None

    def on(self, complaint: Complaint) -> Complaint:
        """The complaint under these terms."""
        return replace(
            complaint,
            policy_id=self.policy_id,
            policy_version=self.policy_version,
            first_reply_seconds=self.first_reply_seconds,
            resolution_seconds=self.resolution_seconds,
            close_after_seconds=self.close_after_seconds,
        )


def terms_on(complaint: Complaint) -> Terms:
    """What holds for a complaint now."""
    return Terms(
        policy_id=complaint.policy_id,
        policy_version=complaint.policy_version,
        first_reply_seconds=complaint.first_reply_seconds,
        resolution_seconds=complaint.resolution_seconds,
        close_after_seconds=complaint.close_after_seconds,
    )


def make_policy(policy: Policy) -> Policy:
    """Check a new policy and give it its place.

    Raises:
        Refused: it says nothing at all.
    """
    _check_says_something(policy.edition)
    return replace(policy, place=place_of(policy.severity, policy.customer_grade))


def revise_policy(policy: Policy, name: str, edition: Edition) -> Policy:
    """Let a policy say something else from now on, for complaints that come in from now on.

    Args:
        policy: as it stands.
        name: from now on.
        edition: what it says; its number is given here.

    Raises:
        Refused: it is withdrawn, says nothing at all, or was changed too often.
    """
    _check_active(policy)
    _check_says_something(edition)
    if len(policy.editions) >= MOST_EDITIONS:
        raise Refused("too-many-editions", f"This policy was changed {MOST_EDITIONS} times; withdraw it, make another.")
    numbered = replace(edition, number=policy.edition.number + 1)
    return replace(policy, name=name, editions=(*policy.editions, numbered))


def withdraw_policy(policy: Policy) -> Policy:
    """Let a policy hold for no further complaint.

    Raises:
        Refused: it was withdrawn before.
    """
    _check_active(policy)
    return replace(policy, active=False)


def place_of(severity: str | None, customer_grade: str | None) -> str:
    """The name of a pair of severity and grade."""
    return f"{severity or ANY}|{customer_grade or ANY}"


def policy_for(policies: Iterable[Policy], severity: str | None, customer_grade: str | None) -> Policy | None:
    """The policy in force that fits best: both named, then the severity, then the grade, then the one for all."""
    fit = [
        policy
        for policy in policies
        if policy.active and policy.severity in (None, severity) and policy.customer_grade in (None, customer_grade)
    ]
    return max(
        fit, key=lambda one: (one.severity is not None, one.customer_grade is not None, one.policy_id), default=None
    )


def terms_of(policy: Policy | None, close_after_seconds: int | None) -> Terms:
    """What holds by a policy.

    Args:
        policy: None = none fits; the figures then follow the organisation's usual one.
        close_after_seconds: when a resolved complaint closes by itself unless the policy says; None = never.
    """
    if policy is None:
        return Terms(close_after_seconds=close_after_seconds)
    says = policy.edition
    return Terms(
        policy_id=policy.policy_id,
        policy_version=says.number,
        first_reply_seconds=says.first_reply_seconds,
        resolution_seconds=says.resolution_seconds,
        close_after_seconds=close_after_seconds if says.close_after_seconds is None else says.close_after_seconds,
    )


def _check_active(policy: Policy) -> None:
    if not policy.active:
        raise Refused("withdrawn", "This policy was withdrawn; make another.")


def _check_says_something(edition: Edition) -> None:
    if (edition.first_reply_seconds, edition.resolution_seconds, edition.close_after_seconds) == (None, None, None):
        raise Refused(
            "says-nothing", "Say how long the first reply or the solution may take.", field="/first_reply_seconds"
        )
