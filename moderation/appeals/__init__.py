"""Appeals against decisions, and the e-mails about them."""
