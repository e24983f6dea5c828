"""The way of the data: ingest → clean → link → build → validate → publish."""
