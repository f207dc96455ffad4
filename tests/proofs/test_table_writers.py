"""Writers of tables: one folder writes each table, and every exception is listed with a reason."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest

from storage.tables import metadata
from tests.support.source_code import all_codes, modules

_WRITES = re.compile(
    r"\b(?:INSERT INTO|DELETE FROM)\s+(\w+)|\bUPDATE\s+(\w+)(?:\s+(?:AS\s+)?\w+)?\s+SET\b", re.IGNORECASE
)

# The main folder of each table that other folders write too.
FOLDERS = {
    "boards": "boards/boards",
    "drafts": "forum/drafts",
    "entries": "boards/curation",
    "entry_contributors": "boards/curation",
    "evidence": "boards/evidence",
    "file_uses": "forum/files",
    "files": "forum/files",
    "following": "forum/following",
    "cases": "moderation/cases",
    "decisions": "moderation/decisions",
    "flags": "moderation/flags",
    "follow_ups": "storage",
    "imported_mails": "forum/archive",
    "members": "members",
    "notifications": "forum/notifications",
    "posts": "forum/posts",
    "readings": "forum/following",
    "reports": "moderation/flags",
    "revisions": "forum/posts",
    "rooms": "gatherings/rooms",
    "search_queue": "forum/search",
    "topics": "forum/topics",
}
_BULK = "bulk insert of archives, with ids and tree paths computed beforehand"
_MOVE = "moves posts between topics together with everything that refers to them"
_HELD = "a held post is inserted, edited and released together with its topic"
_WITH_POST = "one statement inserts the post and ends the author's draft"
OTHER_WRITERS: Mapping[str, Mapping[str, str]] = {
    "boards": {
        "boards/editions/editions.py": "takes the number of the next edition",
        "boards/entries/insertion.py": "takes the numbers of new entries",
    },
    "cases": {"moderation/decisions/author_edits.py": "an edit by the author changes what the case is about"},
    "decisions": {
        "moderation/appeals/appeal_emails.py": "marks a decision as sent to the person it concerns"
    },
    "drafts": {"forum/posts/insertion.py": _WITH_POST},
    "entries": {
        "boards/entries/insertion.py": "inserts entries with their topics",
        "boards/evidence/verification.py": "sets when an entry was verified",
    },
    "entry_contributors": {"boards/entries/insertion.py": "inserts entries with their authors"},
    "evidence": {"boards/entries/indexing.py": "derives the links of an entry from its fields"},
    "file_uses": {"boards/entries/indexing.py": "derives the files of an entry from its fields"},
    "files": {"forum/posts/hiding.py": "hides files as it hides posts"},
    "flags": {"moderation/cases/cases.py": "closes the flags of a case"},
    "follow_ups": {"tertulia/worker.py": "runs the jobs"},
    "following": {
        "forum/moves/relocation_following.py": _MOVE,
        "forum/notifications/email_preferences.py": "a link in an e-mail mutes its topic, sector or tag",
        "forum/tags/synonyms.py": "followers of a tag follow the tag it is merged into",
    },
    "imported_mails": {"forum/moves/moves.py": _MOVE, "forum/moves/relocation.py": _MOVE},
    "members": {"forum/trust/trust.py": "stores the computed trust level"},
    "notifications": {
        "boards/evidence/verification.py": "lets reminders be sent again after a year",
        "forum/following/read_state.py": "marks notifications of read posts as read",
        "forum/moves/moves.py": _MOVE,
        "forum/moves/relocation.py": _MOVE,
        "forum/topics/assignments.py": "lets an assignment be announced again",
        "forum/topics/timer_jobs.py": "lets a reminder be sent again",
    },
    "posts": {
        "forum/archive/author_claims.py": "a claimed author's posts go to the member",
        "forum/archive/bulk_insert.py": _BULK,
        "forum/moves/moves.py": _MOVE,
        "forum/moves/relocation.py": _MOVE,
        "forum/writing/editing.py": "edits of members, with their revisions",
        "forum/writing/languages.py": "says in which language a post is, as an edit does",
        "forum/writing/erasure.py": "the counts of reactions are derived from their rows",
        "forum/writing/reactions.py": "the counts of reactions are derived from their rows",
        "forum/writing/references.py": "whether a post is cited is derived from the references",
    },
    "readings": {"forum/moves/relocation_read_state.py": _MOVE},
    "reports": {
        "moderation/appeals/appeals.py": "an appeal changes the state of the report",
        "moderation/cases/cases.py": "a case takes in the report",
    },
    "revisions": {"forum/writing/editing.py": "edits of members, with their posts"},
    "rooms": {
        "gatherings/room_setup/planning.py": "hosts plan rooms",
        "gatherings/room_setup/settings.py": "hosts change the settings of rooms",
    },
    "search_queue": {
        "forum/files/pdf_index.py": "the text of a file was read, so its posts are indexed again",
        "forum/posts/hiding.py": "a hidden file is no longer found through its posts",
    },
    "topics": {
        "forum/archive/author_claims.py": "a claimed author's topics go to the member",
        "forum/archive/bulk_insert.py": _BULK,
        "forum/moves/moves.py": _MOVE,
        "forum/moves/relocation.py": _MOVE,
        "forum/posts/held_insertion.py": _HELD,
        "forum/posts/held_posts.py": _HELD,
        "forum/posts/erasure.py": "counts erased posts out of their topics",
        "forum/posts/hiding.py": "hides topics as it hides posts",
        "forum/posts/insertion.py": "one statement numbers the posts and counts them in their topics",
        "forum/posts/post_state.py": "counts a post in or out of its topic",
        "forum/tags/synonyms.py": "a tag is renamed in all topics",
    },
}


def _written_tables(tree: ast.Module) -> Iterator[str]:
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (found[1] or found[2] for found in _WRITES.finditer(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            table = node.args[0]
            if names.get(node.func.id) in ("insert", "update", "delete") and isinstance(table, ast.Name):
                yield names.get(table.id, table.id)


@pytest.fixture(scope="module")
def writers() -> dict[str, set[str]]:
    """The modules that write each table."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, _, tree in modules():
        if not path.startswith("storage/migrations/"):
            for table in _written_tables(tree):
                found[table].add(path)
    return found


def test_the_writers_of_a_table_are_in_one_folder(writers: Mapping[str, set[str]]) -> None:
    all_codes()  # imports every module, and with them all tables
    unlisted = {}
    for table in sorted(set(metadata.tables) & set(writers)):
        others = set(OTHER_WRITERS.get(table, {}))
        if table in FOLDERS:
            rest = {path for path in writers[table] - others if not path.startswith(f"{FOLDERS[table]}/")}
        else:
            folders = {path.rpartition("/")[0] for path in writers[table]}
            rest = writers[table] if len(folders) > 1 else set()
        if rest:
            unlisted[table] = sorted(rest)

    assert unlisted == {}, (
        "write the table through a function of its folder, or list the module with a reason"
    )


def test_every_listed_writer_writes_its_table(writers: Mapping[str, set[str]]) -> None:
    assert [
        f"{table}: {path}"
        for table, others in OTHER_WRITERS.items()
        for path in others
        if path not in writers[table]
    ] == []
    assert set(FOLDERS) == set(OTHER_WRITERS)
