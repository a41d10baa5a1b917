"""`python -m pipeline` is `imgpipe`."""

from pipeline.cli.entry import main

main()
