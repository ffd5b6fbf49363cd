"""`python -m windowing`, and the script `windowing`: as little as can be outside of Ctrl-C."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line."""
    try:
        from windowing.cli.app import run  # noqa: PLC0415 - takes a while, and may be interrupted

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
