"""Memory of what functions of one text returned, bounded in bytes.

A bound on the number of texts alone is none where callers write them: a thousand may be a hundred
kilobytes or a hundred megabytes.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, wraps
from threading import Lock
from typing import Generic, TypeVar

ResultT = TypeVar("ResultT")


def remembered(
    texts: int, *, longest: int
) -> Callable[[Callable[[str], ResultT]], Callable[[str], ResultT]]:
    """Remember the results for the texts that were asked for last.

    Args:
        texts: how many of them.
        longest: characters of a text that is remembered; a longer one is looked at each time.
    """

    def decorated(function: Callable[[str], ResultT]) -> Callable[[str], ResultT]:
        known = lru_cache(texts)(function)

        @wraps(function)
        def answer(text: str) -> ResultT:
            return known(text) if len(text) <= longest else function(text)

        return answer

    return decorated


class RememberedEach(Generic[ResultT]):
    """Function of several texts that is asked only for those whose results are not remembered.

    Threads share it; a text that two of them ask for at once is looked at by both.
    """

    def __init__(
        self,
        function: Callable[[Sequence[str]], Iterable[ResultT]],
        texts: int,
        *,
        longest: int,
    ) -> None:
        """Remember the results for the texts that were asked for last.

        Args:
            function: returns the results of texts, in their order.
            texts: how many of them are remembered.
            longest: characters of a text that is remembered; a longer one is looked at each time.
        """
        self._function = function
        self._texts = texts
        self._longest = longest
        self._known: OrderedDict[str, ResultT] = OrderedDict()
        self._lock = Lock()

    def __call__(self, texts: Sequence[str]) -> list[ResultT]:
        """Return the result of each text, in order."""
        found = self._remembered(texts)
        unknown = [each for each in dict.fromkeys(texts) if each not in found]
        if unknown:
            made = dict(zip(unknown, self._function(unknown), strict=True))
            self._remember(made)
            found |= made
        return [found[each] for each in texts]

    def knows(self, texts: Iterable[str]) -> bool:
        """Return true if the results of all of some texts are remembered."""
        with self._lock:
            return all(each in self._known for each in texts)

    def _remembered(self, texts: Iterable[str]) -> dict[str, ResultT]:
        with self._lock:
            found = {each: self._known[each] for each in texts if each in self._known}
            for each in found:
                self._known.move_to_end(each)
        return found

    def _remember(self, made: dict[str, ResultT]) -> None:
        with self._lock:
            for text, result in made.items():
                if len(text) <= self._longest:
                    self._known[text] = result
            while len(self._known) > self._texts:
                self._known.popitem(last=False)
