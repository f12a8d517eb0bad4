"""Puts the questions of conversations to the service, one after the other."""

from collections.abc import Mapping
from time import perf_counter

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.evaluation.connection import Connection
from agent_memory_services.evaluation.contenders import Contender
from agent_memory_services.evaluation.corpus import Conversation, Question
from agent_memory_services.evaluation.metrics import Outcome


async def ask(
    connection: Connection,
    contender: Contender,
    conversation: Conversation,
    question: Question,
    *,
    namespace: str,
    turns_by_memory: Mapping[str, str],
    depth: int,
) -> Outcome:
    """The first `depth` turns that a question about a conversation brings."""
    request = rpc.SearchMemoriesRequest(
        query=_query(contender, conversation, question, namespace), page_size=depth
    )
    started = perf_counter()
    response = await connection.search(request)
    seconds = perf_counter() - started
    found = [turns_by_memory[hit.memory.id] for hit in response.hits]
    return Outcome(question.kind, question.evidence, found, seconds, question.counts)


def _query(
    contender: Contender, conversation: Conversation, question: Question, namespace: str
) -> SearchQuery:
    query = SearchQuery(
        text=question.text,
        filter=MemoryFilter(
            namespace=TagFilter(eq=namespace), user_id=TagFilter(eq=conversation.id)
        ),
    )
    if question.asked is not None:
        query.as_of.FromDatetime(question.asked)
    query.MergeFrom(contender.settings)
    return query
