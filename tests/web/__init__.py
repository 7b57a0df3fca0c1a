"""Tests of the page's files, and a landscape of documents that is served beside them."""
