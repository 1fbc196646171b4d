"""A crisis as a game that people play: pure logic, without pages, sockets or a database."""
