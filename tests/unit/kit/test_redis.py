"""The connection's options."""

import pytest
from redis.asyncio import Redis, RedisCluster

from agent_memory_services.kit.redis.client import connect
from agent_memory_services.kit.redis.pool import StorePool


def test_every_default_that_matters_is_set() -> None:
    """A bounded pool that waits, times on every wait, and no hidden repetition."""
    client = connect("redis://user:pw@host:1/2", timeout=3, max_connections=7)
    pool = client.connection_pool
    assert isinstance(pool, StorePool)
    assert (pool.max_connections, pool.timeout) == (7, 3)
    options = pool.connection_kwargs
    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (3, 3)
    assert (options["protocol"], options["decode_responses"]) == (2, False)
    assert options["retry"].get_retries() == 0
    assert (options["username"], options["password"], options["db"]) == ("user", "pw", 2)


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        ("redis+cluster://host:1", False),
        ("rediss+cluster://host:1", True),
        ("redis://host:1?cluster=true", False),
    ],
)
def test_a_url_can_mean_a_cluster(url: str, *, tls: bool) -> None:
    """By its scheme or its query."""
    client = connect(url)
    assert isinstance(client, RedisCluster)
    options = client.nodes_manager.connection_kwargs
    assert options["protocol"] == 2
    assert client.retry.get_retries() == 0
    assert ("ssl_ca_certs" in options) == tls


def test_other_urls_mean_one_server() -> None:
    """An explicit no is a no, and the rest of the query stays."""
    client = connect("redis://host:1?cluster=false&client_name=x")
    assert isinstance(client, Redis)
    assert client.connection_pool.connection_kwargs["client_name"] == "x"
