"""A pipeline: the stages a deal goes through until it is won or lost, and what is allowed on the way.

A pipeline is changed as a whole and counts its revisions. A stage that goes says where its deals go
(`moved`); that is remembered for good, so a deal that was decided in a stage of long ago, or that came
into one while the pipeline was being changed, always finds the stage that stands for it now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from backbone.contract.deals import PipelineChanged, StageTold
from backbone.contract.envelope import EventData
from backbone.problems import Refused

OUTCOMES: Final = frozenset({"won", "lost"})
"""Where a deal ends in every pipeline; no stage may be called so."""

MOST_REVISIONS: Final = 20
"""Earlier forms of a pipeline that are kept to read."""

MOST_MOVED: Final = 200
"""Stages of the past that a pipeline remembers; the contract's bound of `moved_stages`."""

Permission = Literal["free", "reason", "manager", "never"]
"""Whether something may be done: by anybody, with a reason, by a manager with a reason, or not at all."""

Need = Literal[
    "amount",
    "customer",
    "contact",
    "expected-close",
    "lines",
    "products",
    "quote-sent",
    "quote-accepted",
    "contract-approved",
    "contract-signed",
]
"""What may have to be known of a deal, or have happened to it, before it goes on (`domain.gates`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage.

    Args:
        stage: its code.
        name: as people read it.
        probability: how likely a deal in it is to be won, 0 to 1.
        optional: whether deals may pass it by without a word.
        required: what must be known to come into it.
        exit_rules: what must hold to leave it forward, or to be won in it.
        longest_stay_seconds: how long a deal should stand in it at most; None = as long as it takes.
    """

    stage: str
    name: str
    probability: float
    optional: bool = False
    required: tuple[Need, ...] = ()
    exit_rules: tuple[Need, ...] = ()
    longest_stay_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A pipeline as it was: until when, the stages in order, and where the deals of stages that went then stood."""

    revision: int
    until: datetime
    by: str
    stages: tuple[Stage, ...]
    moved: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A pipeline with its stages in order; a deal begins in the first unless told otherwise.

    Args:
        pipeline_id: its code.
        name: as people read it.
        stages: in order.
        created_at: when it was made.
        product_ids: the products whose deals take it unless told otherwise.
        back: whether deals move back.
        skip: whether deals pass stages by that are not optional.
        reopen: whether decided deals are opened again.
        lost_reasons: the reasons a deal may be lost for; empty = any code.
        revision: grows with every change, from 1.
        moved: by stage of the past, the stage that stands for it now.
        settled: whether no deal is left to be moved out of a stage that went.
        revisions: earlier forms, the latest last.
    """

    pipeline_id: str
    name: str
    stages: tuple[Stage, ...]
    created_at: datetime
    product_ids: tuple[str, ...] = ()
    back: Permission = "free"
    skip: Permission = "reason"
    reopen: Permission = "free"
    lost_reasons: tuple[str, ...] = ()
    revision: int = 1
    moved: dict[str, str] = field(default_factory=dict)
    settled: bool = True
    revisions: tuple[Revision, ...] = ()

    def present(self, stage: str) -> str:
        """The stage that stands for one of any time; a stage nobody ever heard of stands for itself."""
        return stage if self.has(stage) else self.moved.get(stage, stage)

    def has(self, stage: str) -> bool:
        """Whether this is a stage of now."""
        return any(known.stage == stage for known in self.stages)

    def place_of(self, stage: str, *, field: str = "/stage") -> int:
        """Where a stage of now stands, counted from 0.

        Raises:
            Refused: the pipeline has no such stage.
        """
        for place, known in enumerate(self.stages):
            if known.stage == stage:
                return place
        known_stages = ", ".join(known.stage for known in self.stages)
        raise Refused(
            "unknown-stage",
            f"Pipeline {self.pipeline_id!r} has no stage {stage!r}; it has: {known_stages}.",
            field=field,
        )

    def stage_of(self, stage: str) -> Stage:
        """The stage that stands for one of any time.

        Raises:
            Refused: the pipeline never had it.
        """
        return self.stages[self.place_of(self.present(stage))]

    def passed_by(self, from_stage: str, to_stage: str) -> Sequence[Stage]:
        """The stages between two that a move forward leaves out and should not; none for a move back."""
        return [
            stage
            for stage in self.stages[self.place_of(self.present(from_stage)) + 1 : self.place_of(to_stage)]
            if not stage.optional
        ]

    def overdue_since(self, stage: Stage, now: datetime) -> datetime | None:
        """Deals that came into the stage before this moment stand there too long; None = none ever does."""
        limit = stage.longest_stay_seconds
        return None if limit is None else now - timedelta(seconds=limit)


Decided = tuple[Pipeline, list[EventData]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A pipeline as it is to be; `moved` says for stages that go where their deals stand from now on."""

    name: str
    stages: tuple[Stage, ...]
    product_ids: tuple[str, ...] = ()
    back: Permission = "free"
    skip: Permission = "reason"
    reopen: Permission = "free"
    lost_reasons: tuple[str, ...] = ()
    moved: dict[str, str] = field(default_factory=dict)


def make_pipeline(pipeline: Pipeline) -> Decided:
    """Check a new pipeline.

    Raises:
        Refused: it has no stage, one twice, or one that is called like an outcome.
    """
    _check_stages(pipeline.stages)
    return pipeline, [_told(pipeline, {})]


def change_pipeline(pipeline: Pipeline, plan: Plan, in_use: Mapping[str, int], at: datetime, by: str) -> Decided:
    """Give a pipeline other stages, another order or other rules.

    Args:
        pipeline: as it stands.
        plan: as it is to be.
        in_use: by stage, how many open deals stand in it now.
        at: the present instant.
        by: who changes it.

    Raises:
        Refused: the stages are no good, a stage in use would go without a word where its deals
            stand then, or `moved` names a stage that does not go or leads to none.
    """
    _check_stages(plan.stages)
    kept = {stage.stage for stage in plan.stages}
    gone = [stage.stage for stage in pipeline.stages if stage.stage not in kept]
    _check_moved(plan, kept, gone)
    stranded = [stage for stage in gone if in_use.get(stage) and stage not in plan.moved]
    if stranded:
        names = ", ".join(f"{stage} ({in_use[stage]} open deals)" for stage in stranded)
        raise Refused("stage-in-use", f"Say in `moved` where the deals of these stages go: {names}.", field="/moved")
    # A deal may come into an empty stage while this is written: it gets a place as well.
    moved = {stage: plan.moved.get(stage) or _nearest(pipeline, stage, kept, plan) for stage in gone}
    before = Revision(
        revision=pipeline.revision,
        until=at,
        by=by,
        stages=pipeline.stages,
        moved={stage: moved[stage] for stage in gone},
    )
    changed = replace(
        pipeline,
        name=plan.name,
        stages=plan.stages,
        product_ids=plan.product_ids,
        back=plan.back,
        skip=plan.skip,
        reopen=plan.reopen,
        lost_reasons=plan.lost_reasons,
        revision=pipeline.revision + 1,
        moved=_all_moved(pipeline.moved, moved, kept),
        settled=pipeline.settled and not gone,
        revisions=(*pipeline.revisions, before)[-MOST_REVISIONS:],
    )
    return changed, [_told(changed, moved)]


def settle(pipeline: Pipeline) -> Decided:
    """Note that no deal is left in a stage that went."""
    return replace(pipeline, settled=True), []


def check_permission(permission: Permission, what: str, reason: str | None, *, decides: bool) -> None:
    """Refuse what the pipeline's rules do not allow.

    Args:
        permission: the rule.
        what: is to be done, as in "Moving back".
        reason: why, as a code.
        decides: whether a manager or an admin asks.

    Raises:
        Refused: it is never allowed, takes a manager, or takes a reason.
    """
    if permission == "never":
        raise Refused("not-allowed", f"{what} is not allowed in this pipeline.")
    if permission == "manager" and not decides:
        raise Refused("manager-needed", f"{what} takes a manager in this pipeline; ask yours.")
    if permission != "free" and reason is None:
        raise Refused("no-reason", f"{what} takes a reason in this pipeline; say why.", field="/reason")


def standard_pipeline(created_at: datetime) -> Pipeline:
    """The pipeline that is there from the start."""
    return Pipeline(
        pipeline_id="standard",
        name="Standard",
        stages=(
            Stage(stage="lead-in", name="Lead In", probability=0.1),
            Stage(stage="contacted", name="Contacted", probability=0.25, optional=True),
            Stage(stage="proposal", name="Proposal", probability=0.5),
            Stage(stage="negotiation", name="Negotiation", probability=0.75, optional=True),
        ),
        created_at=created_at,
    )


def _check_stages(stages: Sequence[Stage]) -> None:
    names = [stage.stage for stage in stages]
    if not names:
        raise Refused("no-stages", "A pipeline has one stage at least.", field="/stages")
    if len(set(names)) < len(names):
        raise Refused("stage-twice", "Name every stage once.", field="/stages")
    if taken := OUTCOMES.intersection(names):
        raise Refused(
            "outcome-as-stage",
            f"{min(taken)!r} is how a deal ends, in every pipeline; leave it out of the stages.",
            field="/stages",
        )


def _check_moved(plan: Plan, kept: set[str], gone: Sequence[str]) -> None:
    for stage, to_stage in plan.moved.items():
        if stage not in gone:
            raise Refused("stage-stays", f"Stage {stage!r} does not go; leave it out of `moved`.", field="/moved")
        if to_stage not in kept:
            raise Refused("unknown-stage", f"The pipeline will have no stage {to_stage!r}.", field="/moved")


def _nearest(pipeline: Pipeline, stage: str, kept: set[str], plan: Plan) -> str:
    """The last stage before one that stays; the first of all when none does."""
    earlier = [known.stage for known in pipeline.stages[: pipeline.place_of(stage)] if known.stage in kept]
    return earlier[-1] if earlier else plan.stages[0].stage


def _all_moved(before: Mapping[str, str], now: Mapping[str, str], kept: set[str]) -> dict[str, str]:
    """Every stage of the past and the one that stands for it now; one that came back stands for itself."""
    followed = {stage: now.get(to_stage, to_stage) for stage, to_stage in before.items()}
    found = {stage: to_stage for stage, to_stage in {**followed, **now}.items() if stage not in kept}
    return dict(list(found.items())[-MOST_MOVED:])


def _told(pipeline: Pipeline, moved: Mapping[str, str]) -> PipelineChanged:
    return PipelineChanged(
        pipeline=pipeline.pipeline_id,
        revision=pipeline.revision,
        stages=tuple(
            StageTold(stage=stage.stage, name=stage.name, probability=stage.probability, optional=stage.optional)
            for stage in pipeline.stages
        ),
        moved_stages=dict(moved),
    )
