"""Tests of the house itself: what is deployed, who imports whom, what must not be left behind."""
