"""Tests of the broker with the real client, with a bare AMQP peer, and of its parts."""
