"""What is said in commands' threads: one reply a command, by threads of its own."""
