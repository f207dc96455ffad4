"""All event handlers of the worker: the tables of the capabilities joined into one, with what some handlers need.

Handlers that must run in the transaction of a moderator's decision are listed as IN_TRANSACTION in the `event_handlers`
modules of gatherings and boards; `moderation/decisions/actions.py` calls them.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from itertools import chain
from typing import Any

import forum.event_handlers
import gatherings.event_handlers
import members.event_handlers
import moderation.event_handlers
from core.events import Event
from storage.jobs import EventHandlers
from tertulia.community import read_community
from tertulia.settings import Settings


def _join(*tables: EventHandlers) -> EventHandlers:
    """Join tables of handlers; the handlers of one event run in the order of the tables."""
    kinds = dict.fromkeys(chain.from_iterable(tables))
    return {kind: tuple(chain.from_iterable(table.get(kind, ()) for table in tables)) for kind in kinds}


# The worker runs these after the transaction that recorded the event.
HANDLERS = _join(
    gatherings.event_handlers.HANDLERS, moderation.event_handlers.HANDLERS, forum.event_handlers.HANDLERS
)
MAIL_HANDLERS = _join(members.event_handlers.MAIL_HANDLERS, moderation.event_handlers.MAIL_HANDLERS)
TRUST_HANDLERS = forum.event_handlers.TRUST_HANDLERS

# The tags of the events for which the log queues a follow-up job.
HANDLED_TAGS = frozenset(
    str(kind.__struct_config__.tag) for kind in (*HANDLERS, *MAIL_HANDLERS, *TRUST_HANDLERS)
)

# The tags of the events whose handlers queue e-mails.
MAIL_TAGS = frozenset(str(kind.__struct_config__.tag) for kind in MAIL_HANDLERS)


def make_event_handlers(settings: Settings) -> EventHandlers:
    """Return the handlers of every event in the order trust, plain, mail; those about trust with its rules."""
    rules = read_community(settings.community).trust_rules()
    return _join(_bind(TRUST_HANDLERS, rules), HANDLERS, MAIL_HANDLERS)


def _bind(handlers: Mapping[type[Event], Callable[..., Awaitable[None]]], first: Any) -> EventHandlers:
    return {kind: (partial(handler, first),) for kind, handler in handlers.items()}
