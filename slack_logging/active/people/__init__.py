"""Who may: ids, groups, approvals, one-time codes, and what people want with their emoji."""
