"""Trust: what the levels take and allow, as the community's file has them; and the level of one member."""

from datetime import datetime, timedelta

from msgspec import Struct

from core.actor import Actor


class LevelRequirements(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a level takes: days since joining, posts that can be read, topics of others answered in, thanks that were given
    and received (kind and competent, each from another member), and how many posts may be hidden at most."""

    days: int = 0
    posts: int = 0
    topics: int = 0
    thanks_given: int = 0
    thanks_received: int = 0
    most_hidden: int = 1_000_000


class LevelPermissions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a level allows: links, mentions and attachments in one post, how many MB of files in all, and editing
    what several may."""

    links: int = 100
    mentions: int = 50
    attachments: int = 50
    storage: int = 200
    edits_wiki: bool = True


class TrustLevel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One level; without needs only an administrator gives it, but for the first, which everybody has."""

    name: str
    needs: LevelRequirements | None = None
    rights: LevelPermissions = LevelPermissions()


class TrustRules(Struct, frozen=True):
    """All levels, from 0 up, and how long one is kept at least whose needs are no longer met."""

    levels: tuple[TrustLevel, ...]
    kept: timedelta


class MemberActivity(Struct, frozen=True, kw_only=True):
    """What a member has done and got, as needs count it."""

    days: int
    posts: int
    topics: int
    thanks_given: int
    thanks_received: int
    hidden: int


class UnmetRequirement(Struct, frozen=True):
    """One thing that the next level takes: how much, and how much there is."""

    what: str
    wanted: int
    have: int


class TrustStanding(Struct, frozen=True):
    """The level of a member, and until when it is kept although its needs are no longer met."""

    level: int
    kept_until: datetime | None = None


def permissions_of(rules: TrustRules, actor: Actor) -> LevelPermissions:
    """What the actor's level allows: the one place that limits ask. Moderators and administrators have all of it."""
    highest = len(rules.levels) - 1
    has_duty = actor.is_administrator or actor.moderates
    return rules.levels[highest if has_duty else min(actor.trust, highest)].rights


def unmet_requirements(needs: LevelRequirements, deeds: MemberActivity) -> list[UnmetRequirement]:
    """What of a level's needs is not met."""
    counted = ("days", "posts", "topics", "thanks_given", "thanks_received")
    pairs = [(what, getattr(needs, what), getattr(deeds, what)) for what in counted]
    lacking = [UnmetRequirement(what, wanted, have) for what, wanted, have in pairs if have < wanted]
    if deeds.hidden > needs.most_hidden:
        lacking.append(UnmetRequirement("most_hidden", needs.most_hidden, deeds.hidden))
    return lacking


def compute_standing(
    rules: TrustRules, deeds: MemberActivity, before: TrustStanding, now: datetime
) -> TrustStanding:
    """The level that the deeds are worth. One that is lost is kept for a while, in which it can be earned again."""
    earned = 0
    for level, rule in enumerate(rules.levels[1:], 1):
        if rule.needs is None or unmet_requirements(rule.needs, deeds):
            break
        earned = level
    if earned >= before.level:
        return TrustStanding(earned)
    kept_until = before.kept_until or now + rules.kept
    return TrustStanding(earned) if kept_until <= now else TrustStanding(before.level, kept_until)
