"""`python -m windowing.demo`: as little as can be outside of what answers to Ctrl-C."""

import sys

try:
    from windowing.demo.command import main

    if __name__ == "__main__":
        sys.exit(main())
except KeyboardInterrupt:
    sys.stderr.write("Stopped by Ctrl-C\n")
    sys.exit(130)
