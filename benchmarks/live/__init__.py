"""Parts of the benchmarks that run live: events come at the pace of the clock."""
