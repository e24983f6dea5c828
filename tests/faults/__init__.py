"""Faults done to the real `copydesk run` on real files, and what must be left afterwards."""
