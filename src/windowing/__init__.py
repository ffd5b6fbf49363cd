"""Event-time windows over Kafka, exact and fast, on Bytewax."""
