"""What `slack-logging demo` runs: an import of orders, as a service would have it, and a person who steers it.

`orders`, `database` and `importer` are the service: they know logging, and nothing of Slack. `ops` and
`logging_config` are what makes it steerable; the rest is the show around it.
"""
