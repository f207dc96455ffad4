"""The frame: what every page shows around its column, whoever looks at it."""

from markupsafe import Markup, escape
from msgspec import Struct

from core import clock
from core.actor import VISITOR, Actor
from moderation.sanctions.ladder import Ladder

# What a redirect may say on the page it leads to, by its code in the address.
SAID = {
    "profile": "Your profile is saved.",
    "password": "Your password is changed. All other sessions have ended.",
    "address": "We have sent a link to the new address. It counts once you open it.",
    "verification": "We have sent the link again.",
    "session": "That session has ended.",
    "sessions": "You are signed out everywhere else.",
    "signed-out": "You are signed out.",
    "reset": "If somebody here has this address, a link is on its way there.",
    "new-password": "Your password is set. Sign in with it.",
    "verified": "Your address is confirmed. You can write now.",
    "welcome": "Welcome. We have sent a link to your address: open it, and you can write.",
    "granted": "The duty is given.",
    "revoked": "The duty is revoked.",
    "room": "The settings are saved.",
    "people": "That is done, and counts at once.",
    "programme": "The programme is saved.",
    "asked": "Your question is in.",
    "answered": "Your answer is in. You can change it while the poll is open.",
    "taken-back": "Your answer is taken back.",
    "posted": "Your notice is on the board.",
    "added": "Your entry is on the board.",
    "saved": "It is saved.",
    "kept": "Your draft is kept.",
    "withdrawn": "It is withdrawn. You can restore it.",
    "taken-back-post": "It is taken back. Nobody has seen it but moderators.",
}


class Community(Struct, frozen=True, kw_only=True):
    """What of the community all pages show: its name, its sectors in order, the words for its lists."""

    name: str
    language: str = "en"
    sectors: tuple[tuple[str, str], ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    stages: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    ladder: Ladder = Ladder()

    def short_groups(self) -> dict[str, str]:
        """The stakeholder groups in a few words, escaped: their names without what stands in brackets."""
        return {slug: str(escape(name.partition(" (")[0])) for slug, name in self.groups}


class Frame(Struct, kw_only=True):
    """Who looks, at which address, and where the styles and scripts of this version are."""

    community_facts: Community
    assets: str
    viewer: Actor = VISITOR
    path: str = "/"
    said: str = ""
    direction: str = "ltr"
    rail: Markup = Markup()
    """The places of the community, beside the column of a desktop."""
    bottom: Markup = Markup()
    """The same few places under the thumb, on a phone."""

    @property
    def community(self) -> str:
        """The community's name."""
        return self.community_facts.name

    @property
    def language(self) -> str:
        """The language of our own words."""
        return self.community_facts.language

    @property
    def sectors(self) -> tuple[tuple[str, str], ...]:
        """Slug and name of each sector."""
        return self.community_facts.sectors

    @property
    def has_duties(self) -> bool:
        """Whether the page of duties has something for this viewer."""
        return self.viewer.is_administrator

    @property
    def sanctioned(self) -> bool:
        """Whether something holds against whoever looks that every page should say."""
        viewer = self.viewer
        silenced = viewer.silenced_until is not None and clock.now() < viewer.silenced_until
        return silenced or viewer.suspended_until is not None or bool(viewer.barred)

    def current(self, address: str) -> Markup:
        """What marks a link as the one that leads where one is."""
        return Markup(' aria-current="page"') if self.path == address else Markup()

    def hue(self, slug: str) -> str:
        """The class that carries a sector's colour: by its place among the sectors."""
        for place, (known, _) in enumerate(self.sectors):
            if known == slug:
                return f"hue-{place % 8}"
        return "hue-7"
