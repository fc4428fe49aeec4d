"""What a record is from `emit` to the message that shows it, and how it is counted."""
