"""`python -m acml` is the program `acml`."""
import sys

from acml.cli import main

if __name__ == '__main__': sys.exit(main())
