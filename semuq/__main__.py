"""`python -m semuq`: the command line."""

from semuq.cli import main

if __name__ == "__main__":
    main()
