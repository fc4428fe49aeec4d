"""The commands that every router has, by family; the table of them is in `slack_logging.active.builtins.table`."""
