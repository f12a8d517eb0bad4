"""Texts of any script, and words that are spelled in several ways, are found by their words."""

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import SearchMode
from agent_memory_services.kit.redis.background import Lease
from agent_memory_services.long_term_memory.domain import fields, terms
from agent_memory_services.long_term_memory.store.documents import Shard
from agent_memory_services.long_term_memory.store.embeddings.settings import EmbeddingSettings
from agent_memory_services.long_term_memory.store.index.layout import Generation, claim
from agent_memory_services.long_term_memory.store.index.reindexing import Reindexing, Rewording
from tests.integration.long_term_memory.search.conftest import Searching

KEYWORD, HYBRID = SearchMode.SEARCH_MODE_KEYWORD, SearchMode.SEARCH_MODE_HYBRID

CHINESE = (
    *(f"用户的朋友住在{city}" for city in ("北京", "上海", "广州", "深圳", "杭州", "成都", "武汉")),
    *("用户对花生过敏", "用户的狗叫豆豆", "用户喜欢喝乌龙茶", "用户讨厌喝咖啡", "用户在学法语"),
    *("用户的女儿在学钢琴", "用户的车牌是京A12345", "用户计划明年去冰岛旅游", "用户晕车"),
    *("用户的手机号是13800138000", "用户的项目叫凤凰计划", "用户的房租是每月六千元"),
)
OTHERS = (
    *("彼女は京都の大学で生物学を勉強しています", "犬の名前はポチです", "毎朝コーヒーを飲みます"),
    *("사용자는 고양이 두 마리를 키운다", "사용자의 딸은 피아노를 배운다", "사용자는 부산에 산다"),
    *("ผู้ใช้แพ้ถั่วลิสง", "ผู้ใช้มีแมวชื่อสำลี", "ลูกสาวของผู้ใช้เรียนเปียโน"),
)
SPELLED = (
    *("User writes C++ at work", "User writes C# at home", "User writes C for fun"),
    *("User deploys with .NET", "User's phone number is +49 170 1234567"),
    *("User's IBAN is DE89 3704 0044 0532 0130 00", "User paid $1,250.00 for the bike"),
    *("User works with Jürgen Müller", "User's friend is Łukasz", "User loves crème brûlée"),
    *("The function getUserProfile raises on null", "The job sync_all_orders runs at night"),
)


@pytest.mark.parametrize("mode", [KEYWORD, HYBRID])
@pytest.mark.parametrize(
    ("texts", "asked", "found"),
    [
        *((CHINESE, *case) for case in (("花生", 7), ("我对什么过敏", 7), ("钢琴", 12), ("茶", 9))),
        *((CHINESE, *case) for case in (("冰岛", 14), ("凤凰计划", 17), ("房租多少钱", 18))),
        *((CHINESE, *case) for case in (("13800138000", 16), ("车牌", 13), ("A12345", 13))),
        *((OTHERS, *case) for case in (("京都", 0), ("犬の名前は何ですか", 1), ("ｺｰﾋｰ", 2))),
        *((OTHERS, *case) for case in (("고양이", 3), ("피아노는 누가 배워?", 4), ("부산", 5))),
        *((OTHERS, *case) for case in (("ถั่วลิสง", 6), ("แมวชื่ออะไร", 7), ("เปียโน", 8))),
        *((SPELLED, *case) for case in (("C++", 0), ("C#", 1), ("C", 2), (".NET", 3))),
        *((SPELLED, *case) for case in (("+491701234567", 4), ("0170 1234567", 4), ("1250", 6))),
        *((SPELLED, *case) for case in (("DE89370400440532013000", 5), ("1.250,00", 6))),
        *((SPELLED, *case) for case in (("Muller", 7), ("Mueller", 7), ("Lukasz", 8))),
        *((SPELLED, *case) for case in (("creme brulee", 9), ("get user profile", 10))),
        *((SPELLED, *case) for case in (("get_user_profile", 10), ("syncAllOrders", 11))),
    ],
)
async def test_words_find_the_text_that_holds_them(
    searching: Searching, mode: SearchMode.ValueType, texts: tuple[str, ...], asked: str, found: int
) -> None:
    """Among others of its script or kind, the text that holds the words comes first."""
    await searching.add(*(Memory(text=text) for text in texts))
    assert (await searching.texts(asked, mode=mode))[0] == texts[found]


@pytest.mark.parametrize("asked", ["café", "cafe", "CAFE", "Café"])
async def test_the_spelling_of_the_question_comes_first(searching: Searching, asked: str) -> None:
    """What is spelled otherwise follows it."""
    texts = ("met her in the café", "met her in the cafe", "met her in the park")
    await searching.add(*(Memory(text=text) for text in texts))
    same, other = texts[:2] if asked.lower().endswith("é") else texts[1::-1]
    assert await searching.texts(asked, mode=KEYWORD) == [same, other]


@pytest.mark.parametrize("asked", ['"花生过敏"', '"getUserProfile"', '"crème brûlée"', '"C++"'])
async def test_a_phrase_is_found_as_it_stands(searching: Searching, asked: str) -> None:
    """A phrase of any script has to occur."""
    texts = (*CHINESE, *SPELLED)
    await searching.add(*(Memory(text=text) for text in texts))
    found = await searching.texts(asked, mode=KEYWORD)
    assert found == [text for text in texts if asked.strip('"') in text]


async def test_a_name_in_a_script_without_spaces_is_recognised(searching: Searching) -> None:
    """Who is asked about is found in the question, though no space sets the name apart."""
    texts = ("医者です", "大工です", "先生です")
    names = ("花子", "太郎", "次郎")
    await searching.add(
        *(Memory(text=text, entities=[name]) for text, name in zip(texts, names, strict=True))
    )
    assert (await searching.texts("太郎の仕事は何ですか", mode=HYBRID))[0] == "大工です"


async def _stored_by_an_earlier_release(
    redis: Redis, searching: Searching, *texts: str
) -> list[str]:
    """Store memories with the words that the first release cut texts into; answers their keys."""
    records = await searching.add(*(Memory(text=text) for text in texts))
    keys = [Shard(0).memory(searching.scope.tenant, record.id) for record in records]
    for key, text in zip(keys, texts, strict=True):
        await redis.hset(key, fields.TEXT, " ".join(terms.words(text)))
    return keys


async def test_what_an_earlier_release_stored_is_found_after_a_round(
    redis: Redis, searching: Searching
) -> None:
    """Its words are set anew once; what it is found by already, and everything else, stays."""
    texts = (*CHINESE, "likes tea")
    keys = await _stored_by_an_earlier_release(redis, searching, *texts)
    before = [await redis.hgetall(key) for key in keys]
    assert await searching.texts("花生", mode=KEYWORD) == []
    assert await searching.texts("tea", mode=KEYWORD) == ["likes tea"]
    shard, rewording = Shard(0), Rewording(redis)
    lease = Lease(redis, shard.words_lease, 60)
    await rewording.over(shard, lease)
    assert await searching.texts("花生", mode=KEYWORD) == ["用户对花生过敏"]
    for key, text, row in zip(keys, texts, before, strict=True):
        words = {fields.TEXT.encode(): terms.searchable(text).encode()}
        assert await redis.hgetall(key) == row | words
    await _stored_by_an_earlier_release(redis, searching, "用户不吃香菜")
    await rewording.over(shard, lease)
    await lease.release()
    assert await searching.texts("香菜", mode=KEYWORD) == []


async def test_the_reindex_command_sets_words_anew(redis: Redis, searching: Searching) -> None:
    """With the settings of the present index it makes no vector, and looks at every memory."""
    space = searching.vectorizer.current
    present = Generation.of(space.fingerprint, space.index, 1, EmbeddingSettings())
    await claim(redis, present)
    [key] = await _stored_by_an_earlier_release(redis, searching, "用户不吃香菜")
    before = await redis.hget(key, fields.VECTOR)
    reindexing = Reindexing(redis, present, space, lambda *_: None)
    assert await reindexing.run()
    assert await searching.texts("香菜", mode=KEYWORD) == ["用户不吃香菜"]
    assert await redis.hget(key, fields.VECTOR) == before
    assert not await reindexing.run()
