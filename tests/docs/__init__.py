"""Tests of the documents: they fail when what is written is not what is."""
