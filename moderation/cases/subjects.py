"""The subjects of cases about topics, profiles and files, hidden or not. Posts are shown by the forum."""

from collections.abc import Sequence

from asyncpg import Record

from core.actor import Actor
from core.errors import NotFound
from core.languages.formats import number_in
from core.languages.names import local
from core.languages.texts import current_language, gettext
from forum.authors import author_of
from forum.files.files import file_url, find_file
from forum.topics.topics import show_topics
from members.profiles.profiles import read_authors
from moderation.shapes import CaseSubject, ObjectReference
from storage.database import Reader
from storage.statements import statement

SELECT_CASE_SUBJECTS = statement("""
SELECT c.id AS case_id, c.object_kind AS kind, c.object_id AS object, a.id, a.handle, a.display_name, a.picture,
    coalesce(t.title, m.display_name, f.name) AS title, t.titles, m.handle AS whose, t.tags, f.media_type, f.size,
    CASE WHEN 'organisation' = ANY(m.public) THEN m.organisation END AS organisation,
    CASE WHEN 'about' = ANY(m.public) THEN m.about END AS about,
    coalesce(t.hidden_at, m.profile_hidden_at, f.hidden_at) IS NOT NULL AS is_hidden
FROM cases c JOIN case_subjects o ON o.case_id = c.id
    LEFT JOIN topics t ON c.object_kind = 'topic' AND t.id = c.object_id
    LEFT JOIN members m ON c.object_kind = 'profile' AND m.id = c.object_id
    LEFT JOIN files f ON c.object_kind = 'file' AND f.id = c.object_id
    LEFT JOIN members a ON a.id = o.author_id
WHERE c.id = ANY(CAST(:ids AS bigint[])) AND c.object_kind <> 'post'
""")


async def read_subjects(tx: Reader, case_ids: Sequence[int]) -> dict[int, CaseSubject]:
    """Return the subjects of these cases that are not posts and still exist, by case id."""
    rows = await tx.rows(SELECT_CASE_SUBJECTS, ids=list(case_ids))
    return {row["case_id"]: _subject(row) for row in rows if row["title"] is not None}


async def describe_subject(tx: Reader, actor: Actor, subject: ObjectReference) -> tuple[str, str]:
    """Return the title and the path of a topic, profile or file that the actor can see; raise NotFound otherwise."""
    if subject.kind == "topic":
        topic = (await show_topics(tx, actor, [subject.id])).get(subject.id)
        if topic is not None:
            return topic.local_title, subject_path("topic", topic.id)
    if subject.kind == "profile":
        face = (await read_authors(tx, [subject.id])).get(subject.id)
        if face is not None:
            return face.display_name, subject_path("profile", face.id, face.handle)
    if subject.kind == "file":
        file = await find_file(tx, actor, subject.id)
        if file is not None:
            return file.name, file.address
    raise NotFound


def subject_path(kind: str, object_id: int, handle: str | None = None, name: str | None = None) -> str:
    """Return the path of the page that shows a subject."""
    if kind == "profile":
        return f"/m/{handle}"
    return file_url(object_id, name or "") if kind == "file" else f"/t/{object_id}"


def _file_in_words(media_type: str, size: int) -> str:
    kilobytes = number_in(current_language(), max(1, size // 1024))
    return gettext("%(type)s, %(size)s KB", type=media_type, size=kilobytes)


def _subject(row: Record) -> CaseSubject:
    if row["kind"] == "profile":
        lines = [row["organisation"], row["about"]]
    elif row["kind"] == "file":
        lines = [_file_in_words(row["media_type"], row["size"])]
    else:
        lines = row["tags"]
    return CaseSubject(
        title=local(row["title"], row["titles"] or {}),
        address=subject_path(row["kind"], row["object"], row["whose"], row["title"]),
        text="\n".join(line for line in lines if line),
        is_hidden=row["is_hidden"],
        author=author_of(row["id"], row["handle"], row["display_name"], None, row["picture"]),
    )
