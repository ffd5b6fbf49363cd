"""What an operator types: `windowing check`, `topics`, `dead-letters`, `late` and `state`."""
