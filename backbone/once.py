"""One question for all who ask the same at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

A = TypeVar("A")


class Once(Generic[A]):
    """Lets whoever asks what is being asked already wait for that answer.

    When an answer that many requests stand on runs out, one of them asks for it anew, not all of them.
    """

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[A]] = {}

    async def ask(self, question: Hashable, asking: Callable[[], Awaitable[A]]) -> A:
        """The answer to a question, or what asking it raises.

        Args:
            question: what tells it from others.
            asking: asks it; is called when nobody else is at it.
        """
        task = self._under_way.get(question)
        if task is None:
            task = asyncio.ensure_future(_awaited(asking))
            self._under_way[question] = task
            task.add_done_callback(lambda _: self._under_way.pop(question, None))
        # One who goes away does not take the answer from the others.
        return await asyncio.shield(task)


async def _awaited(asking: Callable[[], Awaitable[A]]) -> A:
    return await asking()
