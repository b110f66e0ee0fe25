"""Tests: a folder mirrors app/, beside architecture, contract, browser and reliability."""
