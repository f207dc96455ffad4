"""People.

member: somebody with a handle; unclaimed when only a mailing list's archive knows them · session: one signed-in
browser or client · profile: what a member says of themselves, and what of it is public · duty: administrator,
moderator of a sector, host of a gathering · pseudonym: what stands for an asker whose name nobody may learn.
"""
