"""The parser: loaded once, checked, shared."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent_memory_services.language.en import parser
from agent_memory_services.language.en.parser import Parser, UnfitModelError, shared

SENTENCE = "I live in Oslo and I work at a bakery"


def words_of(tree: parser.Tree) -> str:
    """The text of a tree."""
    return "".join(token.text + token.space for token in tree.tokens)


def test_tree_holds_the_words_and_their_relations() -> None:
    """Every word is there with its head; the verb leads to its subject."""
    (tree,) = shared().parse([SENTENCE])
    assert words_of(tree) == SENTENCE
    (root,) = tree.roots
    assert root.lemma == "live"
    subject = tree.child(root, "nsubj")
    assert subject is not None
    assert subject.text == "I"


def test_one_parser_for_a_process() -> None:
    """The model is in memory once, however many ask for it."""
    assert shared() is shared()


def test_threads_share_a_parser() -> None:
    """Many threads get the trees that one would get."""
    texts = [f"I have {count} cats" for count in range(40)]
    alone = [words_of(tree) for tree in shared().parse(texts)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: words_of(shared().parse([text])[0]), texts))
    assert together == alone


def test_warming_returns_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading happens in another thread; only who parses waits for it."""
    loads = threading.Event()

    def slow(_: Parser) -> object:
        loads.wait(timeout=30)
        raise UnfitModelError("late")

    monkeypatch.setattr(Parser, "_load", slow)
    late = Parser()
    late.warm()
    loads.set()
    with pytest.raises(UnfitModelError):
        late.parse([SENTENCE])


def test_changed_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the installed model that differs from the reviewed one is never read."""
    digests = {**parser._DIGESTS, "config.cfg": "0" * 64}
    monkeypatch.setattr(parser, "_DIGESTS", digests)
    with pytest.raises(UnfitModelError, match=r"config\.cfg"):
        Parser().parse([SENTENCE])


def test_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """A folder that a setting names must hold a model."""
    with pytest.raises(UnfitModelError, match="no model"):
        Parser(tmp_path).parse([SENTENCE])


def test_model_of_ones_own() -> None:
    """A folder that a setting names is loaded in the place of the installed model."""
    (tree,) = Parser(parser._installed()).parse([SENTENCE])
    assert words_of(tree) == SENTENCE
