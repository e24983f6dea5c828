"""Documents in, clean articles out: a verdict for every line, and nothing lost."""
