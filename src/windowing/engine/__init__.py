"""The classes that Bytewax calls, thin over the core and the Kafka shells."""
