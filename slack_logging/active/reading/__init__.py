"""From the channel to the desk: looks and pushes, one reader a host, what becomes of a message, its marks."""
