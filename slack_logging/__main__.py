"""`python -m slack_logging` is `slack-logging`."""

import sys

from slack_logging.cli import main

sys.exit(main())
