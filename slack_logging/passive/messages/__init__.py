"""What people read: the messages, made of records."""
