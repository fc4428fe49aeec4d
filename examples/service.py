"""A service that people steer in Slack: they type !drain, !serve and !help in its commands channel.

SLACK_BOT_TOKEN=xoxb-... python service.py "#ops-log" "#ops-commands" U024BE7LH
"""

import logging.config
import sys
import threading

from slack_logging import CommandRouter

logger = logging.getLogger("shop")
router = CommandRouter()
serving = threading.Event()


@router.command
def drain(reason: str = "no reason given") -> str:
    """Take no more orders."""
    serving.clear()
    logger.warning("draining: %s", reason)
    return "no order is taken from now on; !serve goes on"


@router.command
def serve() -> str:
    """Take orders again."""
    serving.set()
    return "orders are taken"


def main(channel: str, commands_channel: str, user_id: str) -> None:
    serving.set()
    commands = {"channel": commands_channel, "allow": [user_id], "router": router, "start_delay": 0}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {
                "slack": {"class": "slack_logging.SlackHandler", "channel": channel, "commands": commands},
            },
            "root": {"level": "INFO", "handlers": ["slack"]},
        }
    )
    logger.info("the shop is open")
    while True:
        if not serving.wait(timeout=60):
            logger.warning("still draining")
        threading.Event().wait(0.5)  # work on an order


if __name__ == "__main__":
    if len(sys.argv) != 4:
        needed = "a channel for records, one for commands, and the id of who may"
        print(f"service.py needs {needed}; write '#name' in quotes: # begins a comment in a shell", file=sys.stderr)
        sys.exit(2)
    try:
        main(*sys.argv[1:])
    except ValueError as error:  # dictConfig's; its cause says what to mend
        sys.exit(f"service.py: {error.__cause__ or error}")
    except KeyboardInterrupt:
        logger.info("the shop is closed")
