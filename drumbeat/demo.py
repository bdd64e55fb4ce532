"""`drumbeat demo`: the stack, a made-up sales force at work, and the address of the page."""

import asyncio
import contextlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from backbone.clock import utc_now
from backbone.settings import Settings
from drumbeat.local_stack import local_stack
from drumbeat.output import Trouble, answer, progress
from drumbeat.progress import OnTerminal
from drumbeat.simulation.driver import Diary, Driver
from drumbeat.simulation.force import make_force
from drumbeat.simulation.schedule import catch_up, go_on, upcoming

DIARY: Final = "simulation.json"
DIARY_SECONDS: Final = 5.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and days.")] = 7,
    days: Annotated[int, typer.Option(min=0, max=90, help="Days of history a first start makes up.")] = 10,
    speed: Annotated[float, typer.Option(min=0.1, max=10_000, help="Times as fast as real reps work.")] = 120.0,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Stop by itself after so long; without it, at Ctrl-C.")
    ] = None,
    keep_up: Annotated[bool, typer.Option("--keep-up", help="Leave the stack running at the end.")] = False,
) -> None:
    """Start everything, let a made-up sales force work through the API, and show the page's address.

    Ctrl-C stops the sales force, and the stack unless it was up before; the data stays, and the next
    start goes on from there.
    """
    settings = Settings()
    stack = local_stack()
    was_up = stack.status().state == "up"
    stack.up(OnTerminal())
    try:
        asyncio.run(_work(settings, seed, days, speed, seconds))
    except* Trouble as troubles:
        raise troubles.exceptions[0] from None
    except* KeyboardInterrupt:
        pass
    finally:
        if not (keep_up or was_up):
            stack.down(OnTerminal())


async def _work(settings: Settings, seed: int, days: int, speed: float, seconds: float | None) -> None:
    credentials = json.loads((settings.home / "credentials.json").read_text())
    path = settings.home / DIARY
    force = make_force(seed)
    now = utc_now()
    began = now - timedelta(days=days)
    diary = Diary.read(path)
    if diary is None or diary.seed != seed:
        diary = Diary(seed, began, began)
    driver = Driver(credentials["gateway"], credentials["admin_key"], force, diary)
    try:
        with progress.status("making teams, members, keys and customers"):
            await driver.settle()
        diary.write(path)
        steps = upcoming(seed, force, diary.began.astimezone(settings.zone).date(), settings.zone)
        with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=progress) as bar:
            task = bar.add_task("the days before today", total=None)

            def tell(left: int) -> None:
                total = bar.tasks[task].total
                bar.update(task, total=total if total is not None else left, completed=(total or left) - left)

            first = await catch_up(steps, diary.reached, now, driver.do, tell)
        diary.reached = max(diary.reached, now)
        diary.write(path)
        answer.print(f"\nThe live page: {credentials['gateway']}/#key={diary.keys['page']}\n", soft_wrap=True)
        answer.print("Reps are at work; Ctrl-C stops, the data stays.")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
                tasks.create_task(_keep_diary(driver, path))
                tasks.create_task(go_on(first, steps, speed, utc_now, driver.do_next))
    finally:
        diary.write(path)
        await driver.close()


async def _keep_diary(driver: Driver, path: Path) -> None:
    while True:
        await asyncio.sleep(DIARY_SECONDS)
        driver.diary.write(path)
