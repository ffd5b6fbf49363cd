"""`python -m windowing`: the command line."""

from windowing.cli.app import main

if __name__ == "__main__":
    main()
