"""How words are cut."""
# ruff: noqa: RUF001 - unusual characters are the point

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.long_term_memory.domain.terms import asked, searchable, words, words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Alice's cat-food, 3.14!", ["alice", "s", "cat", "food", "3", "14"]),
        ("snake_case @tag {x} $p *", ["snake", "case", "tag", "x", "p"]),
        ("我喜欢茶，他喜欢咖啡。", ["我喜欢茶", "他喜欢咖啡"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ＦＵＬＬ Straße ﬁne", ["full", "strasse", "fine"]),
        ("😀 \x00\n", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    """Letters, marks and numbers make words; everything else separates them."""
    assert words(text) == expected


@given(st.text(max_size=50))
def test_what_is_indexed_begins_with_the_words(text: str) -> None:
    """Behind them, and behind a mark that no question has, stands what else finds the text."""
    said, _, others = searchable(text).partition("\N{BROKEN BAR}")
    assert said.split() == [word.text for word in words_of(text).words]
    assert set(others.split()).isdisjoint(said.split())


@given(st.text(max_size=50))
def test_a_text_is_found_by_all_that_it_asks_for(text: str) -> None:
    """A text as a question asks for nothing that the text as it is indexed does not hold."""
    held = set(searchable(text).split())
    assert all(word.text in held for word in asked(text))


@pytest.mark.parametrize(
    ("text", "question"),
    [
        *(("用户对花生过敏", asked) for asked in ("花生", "过敏", "敏")),
        *(("東京タワーへ行った", asked) for asked in ("東京", "タワー", "ﾀﾜｰ", "たわー")),
        *(("りんごを食べた", asked) for asked in ("リンゴ", "りんご")),
        *(("车牌是京A·12345", asked) for asked in ("A12345", "京A12345")),
        *(("他在臺灣買了龍", asked) for asked in ("台湾", "買", "买", "龙")),
        *(("他在台湾买了龙", asked) for asked in ("臺灣", "買", "龍")),
        *(("우리 고양이는 자요", asked) for asked in ("고양이", "고양이가")),
        *(("แมวชอบกินปลา", asked) for asked in ("แมว", "กินปลา")),
        *(("用户的车牌是京A12345", asked) for asked in ("a12345", "12345", "车牌")),
        *(("Jürgen Müller", asked) for asked in ("muller", "Mueller", "MÜLLER", "Mu\u0308ller")),
        *(("Łukasz ate crème brûlée in Malmö", asked) for asked in ("lukasz", "brulee", "malmo")),
        *(("Nguyễn Văn Đức", asked) for asked in ("nguyen", "Duc")),
        *(("Ёлка, καφές", asked) for asked in ("елка", "ΚΑΦΕΣ")),
        *(("مُحَمَّد أحمد", asked) for asked in ("محمد", "احمد")),
        *(("writes C++17 and C#, on .NET", asked) for asked in ("c++", "C#", ".net", "net", "C")),
        *(("call +49 170 1234567", asked) for asked in ("+491701234567", "0170 123 4567")),
        *(("call 00491701234567", asked) for asked in ("+49 170 1234567", "0170 1234567")),
        *(("call (030) 123-4567 at 8", asked) for asked in ("0301234567", "030 1234567")),
        *(("IBAN DE89 3704 0044 0532 0130 00 EUR", asked) for asked in ("de89370400440532013000",)),
        *(("GB29NWBK60161331926819", asked) for asked in ("GB29 NWBK 6016 1331 9268 19",)),
        *(("paid $1,250.00, EUR 1.250 or 1 250", asked) for asked in ("1250", "1'250.00")),
        *(("1250000 people", asked) for asked in ("1,250,000", "1 250 000", "1.250.000,00")),
        *(("on 2024-05-01", asked) for asked in ("20240501", "2024/05/01")),
        *(("getUserProfile", asked) for asked in ("user profile", "get_user_profile", "get-user")),
        *(("get_user_profile", asked) for asked in ("getUserProfile", "profile")),
        *(("parses HTTPServer on an iPhone15", asked) for asked in ("http server", "iphone 15")),
        *(("weighs 5kg, at v2", asked) for asked in ("kg", "2")),
        *(("fixed JIRA:123", asked) for asked in ("JIRA-123", "jira123", "JIRA:123")),
        *(("key user:42:profile", asked) for asked in ("user-42-profile", "user42profile")),
        *(("wi-fi and e-mail in the U.S.A.", asked) for asked in ("wifi", "Email", "usa")),
        *(("Pat O'Brien of AT&T", asked) for asked in ("OBrien", "o’brien", "at&t")),
        *(("٤٢ cats, ４２ dogs", asked) for asked in ("42",)),
    ],
)
def test_a_text_is_found_in_other_spellings(text: str, question: str) -> None:
    """Whatever the question is written like, a word of it is indexed with the text."""
    held = set(searchable(text).split())
    assert any(not held.isdisjoint((word.text, *word.spellings)) for word in asked(question))


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("12.50 and 3.14", "1250"),
        ("User's, don't, I'll", "users dont ill"),
        (" ".join(map(str, range(100, 120))), "100101102"),
        ("issue#12, a+b", "issuesharp aplus"),
        ("喜欢", "喜茶"),
    ],
)
def test_what_is_not_the_same_is_not_found(text: str, question: str) -> None:
    """Decimals, contractions, tables, operators and other characters join nothing."""
    held = set(searchable(text).split())
    assert all(held.isdisjoint((word.text, *word.spellings)) for word in asked(question))


@given(st.text(alphabet=st.characters(), max_size=50))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever characters a text is made of, its forms are words."""
    for word in asked(text):
        for form in (word.text, *word.spellings):
            assert form
            assert len(form.split()) == 1
