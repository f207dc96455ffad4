"""Pages of accounts, profiles, settings, trust levels, roles (duties) and committees."""
