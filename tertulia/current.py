"""What may change while a process runs, and that it reads again when it is 1.5 s old: switches, and the community's own
pages and settings."""

from community.pages.community_pages import CommunityPages
from community.settings.settings import CurrentSettings
from pages.shell.renderer import Renderer
from storage.database import Database
from storage.switches import Switches


class Current:
    """The switches, pages and settings that one process knows."""

    def __init__(self, db: Database) -> None:
        self.switches = Switches(db)
        self.pages = CommunityPages(db)
        self.settings = CurrentSettings(db)

    async def show_with(self, renderer: Renderer) -> None:
        """Let pages show what the administrators have changed."""
        renderer.use_settings(await self.settings.known.get())
        renderer.community_pages = (await self.pages.listed.get()).items

    def forget(self) -> None:
        """Read everything again when it is next asked for."""
        for one in (self.switches.on, self.pages.listed, self.settings.known):
            one.forget()
