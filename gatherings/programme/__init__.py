"""The programme: sessions, speakers and calendars."""
