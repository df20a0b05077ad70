"""Benchmarks and the kill harness. `python -m bench` prints one line per figure, with its target."""
