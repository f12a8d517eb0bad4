"""Evaluates retrieval: stores conversations, asks about them, and compares settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory_services.evaluation.asking import ask
from agent_memory_services.evaluation.connection import Connection
from agent_memory_services.evaluation.contenders import CONTENDERS, Contender
from agent_memory_services.evaluation.corpus import Conversation, SpeakerForm
from agent_memory_services.evaluation.metrics import Outcome
from agent_memory_services.evaluation.report import DEPTHS
from agent_memory_services.evaluation.storing import remove, store
from agent_memory_services.runtime.ids import new_id


def _silent(done: int, whole: int) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How to evaluate.

    Attributes:
        contenders: the settings to compare.
        form: how memories say who speaks.
        tracked: whether what is found counts as accessed, as it does in use. It is off unless
            asked for, so that no question changes the answer to the next one.
        progress: told after each question how many are done, and of how many.
    """

    contenders: Sequence[Contender] = CONTENDERS
    form: SpeakerForm = SpeakerForm.ENTITY
    tracked: bool = False
    progress: Callable[[int, int], None] = _silent

    async def run(
        self, connection: Connection, conversations: Sequence[Conversation]
    ) -> dict[str, list[Outcome]]:
        """The outcomes of each contender, over memories that are gone again afterwards.

        Raises:
            NotStoredError: a turn was refused.
            grpc.aio.AioRpcError: the service refused a question, or is away.
        """
        namespace = f"evaluation-{new_id()}"
        stored: dict[str, dict[str, str]] = {}
        try:
            for conversation in conversations:
                stored[conversation.id] = await store(
                    connection, conversation, namespace, self.form
                )
            return await self._ask(connection, conversations, namespace, stored)
        finally:
            await remove(connection, [memory for turns in stored.values() for memory in turns])

    async def _ask(
        self,
        connection: Connection,
        conversations: Sequence[Conversation],
        namespace: str,
        stored: Mapping[str, Mapping[str, str]],
    ) -> dict[str, list[Outcome]]:
        outcomes: dict[str, list[Outcome]] = {each.name: [] for each in self.contenders}
        rounds = [
            (contender, conversation, question)
            for contender in map(self._as_asked, self.contenders)
            for conversation in conversations
            for question in conversation.questions
        ]
        for done, (contender, conversation, question) in enumerate(rounds, 1):
            outcome = await ask(
                connection,
                contender,
                conversation,
                question,
                namespace=namespace,
                turns_by_memory=stored[conversation.id],
                depth=max(DEPTHS),
            )
            outcomes[contender.name].append(outcome)
            self.progress(done, len(rounds))
        return outcomes

    def _as_asked(self, contender: Contender) -> Contender:
        settings = SearchQuery()
        settings.CopyFrom(contender.settings)
        settings.untracked = not self.tracked
        return Contender(contender.name, settings)
