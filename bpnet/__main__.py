"""`python -m bpnet`: the command line."""

from bpnet.cli import main

main()
