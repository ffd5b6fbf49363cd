"""What an operator sees of a process: metrics and health, told by those who know."""
