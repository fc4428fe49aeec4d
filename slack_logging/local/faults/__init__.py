"""What is to go wrong, and how it is written."""
