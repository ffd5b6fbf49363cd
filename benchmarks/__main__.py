"""What a run of the benchmarks measures today: CPU per event beside a bare loop."""

from benchmarks.cost import main

main()
