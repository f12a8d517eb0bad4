"""What is said in other languages than English is kept in the words of who said it."""
# ruff: noqa: RUF001 - letters and marks of other scripts are the point

import re
import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.extraction.domain.facts import (
    Candidate,
    Conversation,
    Kind,
    Precision,
    Strategy,
    Turn,
)
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from tests.support.languages import SPOKEN, Spoken
from tests.unit.extraction.extractors.local.talk import facts, said, user

EXTRACTOR = LocalExtractor()
LANGUAGES = sorted({each.language for each in SPOKEN})
SAID = re.compile(r'^(?P<who>[^:"]+) said(?: on [^:"]+)?: "(?P<words>.*)"$', re.DOTALL)


def find(text: str) -> list[Candidate]:
    """Find what a user says in one message."""
    return EXTRACTOR.find(Conversation([user(text)]))


def words(candidate: Candidate) -> str:
    """The words of a speaker in a candidate's text."""
    match = SAID.match(candidate.text)
    assert match is not None, candidate.text
    return match["words"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_statements_of_the_speaker_are_kept_and_nothing_else_is(language: str) -> None:
    """Of themselves, their people and things; no questions, suppositions, thanks and moods."""
    messages = [each for each in SPOKEN if each.language == language]
    found = [
        Spoken(language, each.message, tuple(map(words, find(each.message)))) for each in messages
    ]
    assert found == messages


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fact_carries_its_language_and_its_message(language: str) -> None:
    """A reader of the memory need not guess."""
    message = next(each.message for each in SPOKEN if each.language == language)
    [fact] = find(message)
    assert (fact.language, fact.message_ids) == (language, ("m1",))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_statement_that_becomes_a_question_is_not_kept(language: str) -> None:
    """The mark alone decides, whatever the order of words."""
    mark = {"zh": "？", "ja": "？", "ar": "؟"}.get(language, "?")
    for each in SPOKEN:
        if each.language == language and len(each.statements) == 1:
            assert find(each.message.rstrip(" .!?。।") + mark) == []


@pytest.mark.parametrize(
    ("text", "standing", "topics"),
    [
        ("Ich mag keine Oliven.", True, ("preferences",)),
        ("Antworte mir bitte immer auf Deutsch.", True, ("instructions",)),
        ("Ich wohne in Hamburg.", False, ()),
        ("いつも日本語で答えてください。", True, ("instructions",)),
        ("Me encanta el queso.", True, ("preferences",)),
    ],
)
def test_preferences_and_instructions_stand(
    text: str, standing: bool, topics: tuple[str, ...]
) -> None:
    """Every prompt considers them; other facts wait to be found."""
    [fact] = find(text)
    assert (fact.standing, fact.topics) == (standing, topics)


def test_only_what_stands_is_found_under_preferences() -> None:
    """The strategy leaves facts out in every language."""
    conversation = Conversation(
        [user("Ich wohne in Hamburg. Ich mag keine Oliven.")], strategy=Strategy.PREFERENCES
    )
    assert [words(each) for each in EXTRACTOR.find(conversation)] == ["Ich mag keine Oliven"]


@pytest.mark.parametrize(
    ("text", "start", "precision"),
    [
        ("Morgen fliege ich nach Rom.", "2023-05-09", Precision.DAY),
        ("Letzten Freitag habe ich meinen Führerschein gemacht.", "2023-05-05", Precision.DAY),
        ("Am 3. Juni heirate ich.", "2023-06-03", Precision.DAY),
        ("Ich habe 2019 mein Studium abgeschlossen.", "2019-01-01", Precision.YEAR),
        ("Nächsten Monat ziehe ich um. ", "2023-06-01", Precision.MONTH),
        ("Mañana viajo a Lima.", "2023-05-09", Precision.DAY),
        ("Samedi, je déménage à Rennes.", "2023-05-13", Precision.DAY),
        ("Kupiliśmy dom w marcu 2020.", "2020-03-01", Precision.MONTH),
        ("明日は歯医者の予約があります。", "2023-05-09", Precision.DAY),
        ("我明年要去日本留学。", "2024-01-01", Precision.YEAR),
        ("6월 10일에 부산에 가요.", "2023-06-10", Precision.DAY),
        ("12 июня лечу в Стамбул.", "2023-06-12", Precision.DAY),
        ("अगले महीने मैं पुणे जाऊँगा।", "2023-06-01", Precision.MONTH),
        ("غدا عندي موعد عند الطبيب.", "2023-05-09", Precision.DAY),
        ("Yarın dişçi randevum var.", "2023-05-09", Precision.DAY),
    ],
)
def test_days_are_understood(text: str, start: str, precision: Precision) -> None:
    """In the speaker's zone; what means another day tomorrow says when it was said."""
    zone = ZoneInfo("Asia/Tokyo")
    at = datetime.fromisoformat("2023-05-07T22:00:00+00:00")
    turn = Turn("m1", "user", text, at)
    [fact] = EXTRACTOR.find(Conversation([turn], time_zone=zone))
    assert fact.kind is Kind.EPISODIC
    assert fact.event_time is not None
    assert fact.event_time.start.isoformat()[:10] == start
    assert fact.event_time.precision is precision
    said_when = " on 8 May 2023" if "20" not in text else ""
    assert fact.text.startswith(f'User said{said_when}: "')


@pytest.mark.parametrize(
    "text",
    [
        "Ich arbeite seit 2019 bei Bosch.",
        "Ich habe am 12. März Geburtstag.",
        "Ich gehe jeden Montag schwimmen.",
        "Ich habe am 30. Februar Urlaub.",
    ],
)
def test_what_lasts_or_comes_back_has_no_day(text: str) -> None:
    """A limit, a birthday, a habit and a day that no calendar has are no event's time."""
    [fact] = find(text)
    assert (fact.kind, fact.event_time) == (Kind.SEMANTIC, None)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            "I work at Acme. Ich wohne in Bonn.",
            ["User works at Acme", 'User said: "Ich wohne in Bonn"'],
        ),
        ("By the way, ich wohne in Bonn.", ['User said: "ich wohne in Bonn"']),
        ("What's up? Vivo en Sevilla.", ['User said: "Vivo en Sevilla"']),
        ("我用 React 写代码，我住在北京。", ['User said: "我住在北京"']),
        ("Translate to English: Ich habe zwei Hunde.", []),
        ("How do you say 'Ich wohne in Köln' in English?", []),
        ("Please correct this sentence: Je suis allé au cinéma hier.", []),
        ("Übersetze das bitte ins Deutsche: I live in Rome.", []),
        ("Ich wohne in Bonn. Übersetze: I live in Rome.", ['User said: "Ich wohne in Bonn"']),
        ("Corrige ce texte :\nJ'habite à Lyon.\nJ'ai deux chats.", []),
        ("```\nIch wohne in Bonn\n```", []),
        ("> Ich wohne in Bonn.", []),
        ("[10:32] Max: Ich wohne in Bonn\n[10:33] Eva: Ich auch", []),
        ("Eva: Ich wohne in Bonn.\nMax: Ich bin Koch.", []),
        (
            "姓名：林晓彤\n职业：插画师",
            ['User said: "姓名：林晓彤"', 'User said: "职业：插画师"'],
        ),
        ("姓名：林晓彤\n忌口：羊肉", ['User said: "姓名：林晓彤"', 'User said: "忌口：羊肉"']),
        ("Pills\n- vitamin D", ["User takes vitamin D"]),
        ("Eva: Hallo\nMax: Na du", []),
    ],
)
def test_languages_may_be_mixed(text: str, facts: list[str]) -> None:
    """Each sentence is read in its own; what was pasted to work on is in nobody's words."""
    assert [each.text for each in find(text)] == facts


@pytest.mark.parametrize(
    "text",
    [
        "Mein Passwort ist Sommer2023.",
        "Mi contraseña es verano2023.",
        "Mon mot de passe est ete2023.",
        "Мой пароль лето2023.",
        "我的密码是123456。",
        "パスワードは123456です。",
        "내 비밀번호는 123456이야.",
        "मेरा पासवर्ड 123456 है।",
    ],
)
def test_secrets_are_not_kept(text: str) -> None:
    """In no language."""
    assert find(text) == []


def test_speakers_with_a_name_are_called_by_it() -> None:
    """In a chat of people every one of them speaks for themselves."""
    turns = [
        said("Anna", "Ich wohne in Hamburg.", message_id="1"),
        said("Ben", "Ich habe zwei Hunde.", message_id="2"),
    ]
    found = [each.text for each in EXTRACTOR.find(Conversation(turns))]
    assert found == ['Anna said: "Ich wohne in Hamburg"', 'Ben said: "Ich habe zwei Hunde"']


def test_the_assistant_states_nothing_of_the_user() -> None:
    """Its "I" is nobody's."""
    turn = Turn("m1", "assistant", "Ich wohne in Hamburg.", user("").at)
    assert EXTRACTOR.find(Conversation([turn])) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Jag bor i Göteborg och jobbar som lärare.", "unsupported_language"),
        ("ฉันอยู่กรุงเทพ", "unsupported_language"),
        ("Zzkq vvrt plokm grwx.", "unknown_language"),
    ],
)
def test_what_nobody_can_read_is_counted(text: str, reason: str) -> None:
    """No fact, but not in silence."""
    findings = EXTRACTOR.read(Conversation([user(text)]))
    assert (list(findings.candidates), dict(findings.dropped)) == ([], {reason: 1})


@pytest.mark.parametrize("text", ["", "ok", "Hamburg.", "123", "😀", "I like tea.", "Ja, genau."])
def test_what_holds_nothing_is_not_counted(text: str) -> None:
    """A name, a number or a nod is in no language that somebody would have to read."""
    assert EXTRACTOR.read(Conversation([user(text)])).dropped == {}


VOCABULARY = [word for each in SPOKEN for word in each.message.split()] + [*',.?!"„“«»「」：:\n-']


@given(st.text(max_size=300) | st.lists(st.sampled_from(VOCABULARY), max_size=30).map(" ".join))
def test_any_text_is_read_and_kept_in_its_own_words(text: str) -> None:
    """Nothing fails, and what is quoted was said; of English with its typing errors mended."""
    for candidate in find(text):
        if match := SAID.match(candidate.text):
            assert candidate.message_ids == ("m1",)
            in_own_words = match["words"] in unicodedata.normalize("NFC", text)
            assert in_own_words or candidate.language == "en"


@given(st.lists(st.sampled_from(VOCABULARY), max_size=15).map(" ".join))
def test_no_question_is_kept(text: str) -> None:
    """A text that is one question holds no statement to its end."""
    question = re.sub(r"[.!?？؟。।\n\"„“«»「」：:,،、，；;—–-]", " ", text).strip() + "?"
    assert not any(
        question.endswith(f"{words(each)}?") for each in find(question) if SAID.match(each.text)
    )


@pytest.mark.no_cover
@pytest.mark.parametrize("length", [4_000, pytest.param(40_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_message_costs_no_more_than_its_length(language: str, length: int) -> None:
    """As many characters are read; the sentences of it are many, not long."""
    text = " ".join(each.message for each in SPOKEN if each.language == language)
    assert find(text * -(-length // len(text)))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Désormais, tutoie-moi.", ["tutoie-moi"]),
        ("du coup je suis végane, vous conseillez quoi", ["du coup je suis végane"]),
        ("Na verdade o casamento é dia 9, não dia 8.", None),
        ("6月10日に京都へ行きます。", None),
        ("牛乳を飲むとお腹を壊します。", ["牛乳を飲むとお腹を壊します"]),
        ("بدون إيموجي لو سمحت", ["بدون إيموجي لو سمحت"]),
        ("İki kedimiz var.", ["İki kedimiz var"]),
        ("Hemen dönerim.", []),
        ("금방 돌아올게요.", []),
        ("Wszystkiego najlepszego dla twojej mamy!", []),
    ],
)
def test_kind_of_statement_is_told_from_what_only_looks_like_it(
    message: str, expected: list[str] | None
) -> None:
    """Corrected days and dropped verbs are kept; questions at the end and good wishes are not."""
    texts = facts(user(message))
    if expected is None:
        assert texts
    else:
        assert texts == [f'User said: "{each}"' for each in expected]
