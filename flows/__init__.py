"""Prefect around the six verbs: the scheduled night, the backfill, and a server for one machine."""
