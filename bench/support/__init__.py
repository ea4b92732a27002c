"""What the benchmarks share; each puts the folder above on its path."""
