"""What an operator sees of a process: metrics, health and log, told by those who know."""
