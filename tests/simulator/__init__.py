"""Tests of the simulated Azure."""
