"""The prompt: what a new session is told about the user, and a stranger is not."""

from rich.panel import Panel
from rich.text import Text

from agent_memory_services.demo.screenplay import Screenplay
from agent_memory_services.demo.stage import Stage, mentions


async def build_the_prompt(stage: Stage, play: Screenplay) -> None:
    """Ask in a new session, show the prompt, and ask the same as somebody else."""
    stage.act(
        "4 The prompt",
        "Days later, in a session that has never heard of her: what the model is given.",
    )
    prompt = await stage.memory.memory_prompt(
        query=play.prompt.question,
        session_id=play.prompt.session,
        user_id=play.user,
        long_term_search={
            "text": play.prompt.question,
            "filters": {"user_id": {"eq": play.user}},
            "limit": 6,
        },
    )
    for message in prompt.messages:
        stage.console.print(
            Panel(Text(message["content"]), title=message["role"], title_align="left")
        )
    whole = "\n".join(message["content"] for message in prompt.messages)
    for word in play.prompt.holds:
        stage.check(f"the prompt knows: {word}", holds=mentions(whole, [word]))
    stage.check(
        "the question comes last", holds=prompt.messages[-1]["content"] == play.prompt.question
    )
    stranger = await stage.memory.memory_prompt(
        query=play.stranger.question,
        session_id=f"{play.stranger.user}-session",
        user_id=play.stranger.user,
        long_term_search={"filters": {"user_id": {"eq": play.stranger.user}}},
    )
    stage.check(
        f"{play.stranger.user}, who asks nearly the same, is told nothing about {play.user}",
        holds=not stranger.long_term_memories,
    )
