"""Licences of what is shipped, and the version that all files take from one."""

import pytest

import components
import versions


def test_everything_shipped_has_an_allowed_licence() -> None:
    """Or is an exception with a reason."""
    assert components.refused(components.shipped()) == []


def test_a_licence_that_is_not_on_the_list_is_named() -> None:
    """Whatever way metadata combines it; an exception has a reason."""
    component = components.Component("x", "1", "npm", "MIT AND GPL-3.0-only")
    assert components.refused([component]) == ["npm x: MIT AND GPL-3.0-only"]
    assert components.is_allowed("(GPL-3.0-only OR MIT) AND (Apache-2.0 AND BSD-3-Clause)")
    assert not components.is_allowed("(GPL-3.0-only AND MIT) OR AGPL-3.0-only")
    assert not components.is_allowed("")
    assert all(each["reason"] for each in components.rules()["exceptions"].values())


def test_every_stated_version_comes_from_one_place() -> None:
    """A new version reaches every pattern of every file, and no other number."""
    for name, patterns in versions.STAMPED.items():
        text = (versions.ROOT / name).read_text()
        newer = versions.stamped(text, patterns, "98.7.6")
        assert newer != text, name
        assert versions.stamped(newer, patterns, versions.version()) == text, name


def test_a_place_without_a_version_is_noticed() -> None:
    """A file that was rewritten cannot drop out of the list silently."""
    with pytest.raises(LookupError):
        versions.stamped("nothing", (r"version (\d)",), "1.2.3")
