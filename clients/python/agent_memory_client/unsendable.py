"""Texts and times that no message can hold, told by the client's own error."""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

from agent_memory_client.errors import ErrorInfo, FieldViolation, MemoryValidationError


def telling(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that raises `MemoryValidationError` where an argument cannot be sent."""
    if inspect.isasyncgenfunction(method):

        @functools.wraps(method)
        async def iterate(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            with _told():
                async with aclosing(method(*args, **kwargs)) as items:
                    async for item in items:
                        yield item

        return iterate
    if inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        async def call(*args: Any, **kwargs: Any) -> Any:
            with _told():
                return await method(*args, **kwargs)

        return call
    return method


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        raise _invalid("a text holds half of a surrogate pair, which is no Unicode") from error
    except OverflowError as error:
        raise _invalid("a time or a number is too large or too small") from error


def _invalid(description: str) -> MemoryValidationError:
    violation = FieldViolation("", description)
    return MemoryValidationError(description, ErrorInfo(field_violations=(violation,)))
