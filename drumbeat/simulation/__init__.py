"""A made-up sales force that works through the public API: what `drumbeat demo` shows.

Everything follows from a seed: who they are (`force`), what they do (`days`);
`driver` does it over HTTP. Nobody here exists.
"""
