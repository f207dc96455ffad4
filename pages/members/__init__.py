"""Pages of accounts, profiles, settings, duties and committees."""
