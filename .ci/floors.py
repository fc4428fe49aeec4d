"""Prints the oldest core, `local` and `totp` dependencies that pyproject.toml allows, as pip wants them."""

import re
from importlib.metadata import requires

for requirement in requires("slack-logging-ops") or []:
    match = re.fullmatch(r"([\w-]+)>=([\d.]+)(?:\s*;\s*extra == ['\"](?:local|totp)['\"])?", requirement)
    if match:
        print(f"{match[1]}=={match[2]}.*")
