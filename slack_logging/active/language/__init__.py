"""What people type: from words to a function's arguments, and errors that point at a word."""
