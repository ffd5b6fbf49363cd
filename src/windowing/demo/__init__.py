"""The service at work, live on a terminal: `python -m windowing.demo`."""
