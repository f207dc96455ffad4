"""Trust levels: their requirements and permissions from the community's file, and the computation of a member's level."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import chain, repeat

from msgspec import Struct
from msgspec.structs import replace

from core.actor import Actor
from core.errors import Invalid
from core.languages.names import local
from core.languages.texts import translatable
from core.links import written_addresses


class TooManyLinks(Invalid):
    """A text has more links to other sites than the trust level of its author allows."""

    message = translatable(
        "You can add up to %(most)s links to other sites here. Your settings show your trust level and what comes next."
    )

    def __init__(self, limit: int, field: str) -> None:
        super().__init__(self.message, field=field, most=limit)


class LevelRequirements(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The requirements of a trust level.

    days since registration; visible posts; topics of others with replies; thanks given and received (the reactions kind and
    competent, counted once for each other member); and the maximum number of hidden posts.
    """

    days: int = 0
    posts: int = 0
    topics: int = 0
    thanks_given: int = 0
    thanks_received: int = 0
    most_hidden: int = 1_000_000


class LevelPermissions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The permissions of a level: links, mentions and attachments per post, storage in MB, and editing of wiki posts."""

    links: int = 100
    mentions: int = 50
    attachments: int = 50
    storage: int = 200
    edits_wiki: bool = True


class TrustLevel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trust level. Only an administrator grants a level without `needs`, except the first one, which every member has."""

    name: str
    needs: LevelRequirements | None = None
    rights: LevelPermissions = LevelPermissions()


class TrustRules(Struct, frozen=True):
    """All levels from 0 up, and the grace period for a level whose requirements are no longer met."""

    levels: tuple[TrustLevel, ...]
    grace_period: timedelta
    names: tuple[Mapping[str, str], ...] = ()
    """The names of each level in further languages."""

    def levels_for_reader(self) -> list[TrustLevel]:
        """Return the levels with their names in the language of the reader."""
        names = chain(self.names, repeat({}))
        return [
            replace(level, name=local(level.name, known))
            for level, known in zip(self.levels, names, strict=False)
        ]


class MemberActivity(Struct, frozen=True, kw_only=True):
    """The activity of a member, as the requirements count it."""

    days: int
    posts: int
    topics: int
    thanks_given: int
    thanks_received: int
    hidden: int


class UnmetRequirement(Struct, frozen=True):
    """One unmet requirement of the next level, with the required and the actual number."""

    what: str
    wanted: int
    have: int


class TrustStanding(Struct, frozen=True):
    """The level of a member, and the end of its grace period if its requirements are no longer met."""

    level: int
    kept_until: datetime | None = None


def permissions_of(rules: TrustRules, actor: Actor) -> LevelPermissions:
    """Return the permissions of the actor's level; administrators and moderators have those of the highest level."""
    highest = len(rules.levels) - 1
    has_duty = actor.is_administrator or actor.moderates
    return rules.levels[highest if has_duty else min(actor.trust, highest)].rights


def ensure_addresses_within_rights(rights: LevelPermissions, texts: Mapping[str, str]) -> None:
    """Raise TooManyLinks, with the last field that has one, if texts without markup have more web addresses than a level
    allows in a post."""
    found = {field: written_addresses(text) for field, text in texts.items()}
    if len(set().union(*found.values())) > rights.links:
        raise TooManyLinks(rights.links, [field for field, addresses in found.items() if addresses][-1])


def unmet_requirements(needs: LevelRequirements, activity: MemberActivity) -> list[UnmetRequirement]:
    """Return the requirements that an activity does not meet."""
    counted = ("days", "posts", "topics", "thanks_given", "thanks_received")
    pairs = [(what, getattr(needs, what), getattr(activity, what)) for what in counted]
    lacking = [UnmetRequirement(what, wanted, have) for what, wanted, have in pairs if have < wanted]
    if activity.hidden > needs.most_hidden:
        lacking.append(UnmetRequirement("most_hidden", needs.most_hidden, activity.hidden))
    return lacking


def compute_standing(
    rules: TrustRules, activity: MemberActivity, before: TrustStanding, now: datetime
) -> TrustStanding:
    """Return the standing for an activity; a lost level is kept for the grace period, in which it can be earned again."""
    earned = 0
    for level, rule in enumerate(rules.levels[1:], 1):
        if rule.needs is None or unmet_requirements(rule.needs, activity):
            break
        earned = level
    if earned >= before.level:
        return TrustStanding(earned)
    kept_until = before.kept_until or now + rules.grace_period
    return TrustStanding(earned) if kept_until <= now else TrustStanding(before.level, kept_until)
