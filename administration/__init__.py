"""What administrators do: accounts of members, the state of the service, and the first steps of a new community.

account: a member as administrators see it, with the address and what is in force · first step: something that a new
community should have, computed from what is there and never ticked · state: how a part of the service is doing (ok, warning,
wrong)
"""
