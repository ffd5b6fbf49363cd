"""The pure core: no Kafka, no Bytewax, no clock."""
