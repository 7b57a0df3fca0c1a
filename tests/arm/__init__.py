"""Tests of the door to Azure Resource Manager."""
