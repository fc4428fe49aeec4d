"""Log to Slack. Without SLACK_BOT_TOKEN it is a Slack on your machine, and what it shows is printed."""

import logging.config
import os
import sys

slack = None
if not os.environ.get("SLACK_BOT_TOKEN"):
    try:
        from slack_logging.local import LocalSlack, visible_text
    except ImportError as error:  # only this needs the extra `local`
        sys.exit(f"quickstart.py: {error}, or set SLACK_BOT_TOKEN")
    slack = LocalSlack().start()
    os.environ.update(slack.environ)

logging.config.dictConfig(
    {
        "version": 1,
        "disable_existing_loggers": False,  # else every logger that exists by now drops its records, in silence
        "handlers": {"slack": {"class": "slack_logging.SlackHandler", "channel": "#ops-log"}},
        "root": {"level": "INFO", "handlers": ["slack"]},
    }
)
logging.info("hello, %s", "Slack")
try:
    print(1 / 0)
except ZeroDivisionError:
    logging.exception("this is what an error looks like")

logging.shutdown()  # posts what is left; Python does it too when the program ends
for message in slack.messages("#ops-log") if slack else ():
    print(visible_text(message))
