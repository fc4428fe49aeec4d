"""What reaches the apps: which events, over sockets or by HTTP, and again if need be."""
