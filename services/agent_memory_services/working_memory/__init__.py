"""The working memory service: sessions, their message log and the outbox."""
