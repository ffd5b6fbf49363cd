"""The Kafka edge: confluent-kafka and nothing of Bytewax."""
