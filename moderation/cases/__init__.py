"""Cases: opening, claiming, discussing, escalating and ranking them by priority."""
