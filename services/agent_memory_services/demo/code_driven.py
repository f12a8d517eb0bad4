"""Code-driven: the application stores, searches and corrects memories itself."""

from agent_memory_client.models import MemoryRecord
from agent_memory_services.demo.screenplay import Screenplay
from agent_memory_services.demo.stage import Stage, mentions


async def remember_in_code(stage: Stage, play: Screenplay) -> None:
    """Store a memory, find it at once, correct it, and store it twice without effect."""
    stage.act(
        "2 Code-driven",
        "The application stores a memory itself. It can be found when the call returns.",
    )
    record = MemoryRecord(text=play.code.memory, user_id=play.user, topics=["belongings"])
    await stage.memory.create_long_term_memories([record])
    owner = {"user_id": {"eq": play.user}}
    found = await stage.memory.search_long_term_memory(
        text=play.code.question, filters=owner, limit=3
    )
    stage.show(
        f"search: {play.code.question}", [f"{hit.score:.2f}  {hit.text}" for hit in found.memories]
    )
    best = found.memories[0] if found.memories else None
    stage.check(
        "the memory is the best answer right after it was stored",
        holds=best is not None and mentions(best.text, [play.code.answer]),
    )
    again = await stage.memory.create_long_term_memories(
        [MemoryRecord(text=play.code.memory, user_id=play.user)]
    )
    stage.check(
        "storing it once more only names the first",
        holds=best is not None and again.ids == [best.id],
    )
