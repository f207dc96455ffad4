"""Delivery of events to clients over the live socket. Knows no rule of any capability.

- channel: a numbered stream of events in the log; it has a name such as `topic:7`
- channel kind: the prefix of a name (`topic`), with the functions by which a capability admits and shows its channels
- bus: how the processes tell each other the new position of a channel; messages can be lost, so they carry no event
- position: the number (`seq`) that a channel has reached; heads are the positions of all channels in the database
- hub: the sockets of this process and the channels they have joined
- peer: one open socket; transport: the connection to which its frames are written
- audience: a class of viewers who see the same; audience group: the peers of one channel with the same audience
- signal: a passing, unnumbered message, such as new vote counts
- presence: who is in a channel; presence report: what a capability says about those who are there
- epoch: changes when a backup is restored, so that clients know that their positions are void
- snapshot: the page a client reads over HTTP; `reset` tells it to read the page again
- ticket: opens one socket, once, for a client that cannot send headers
"""
