"""Event-time windows over Kafka, on Bytewax."""
