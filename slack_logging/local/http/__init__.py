"""The HTTP edge: requests in, answers and faults out."""
