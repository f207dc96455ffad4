"""What is kept about members: the rows of each table that are one's own, and the tables that are not, and why."""

from collections.abc import Mapping

# By the name of the file: what it holds, and the rows. Nothing in it is another member's; keys, passwords and who decided,
# reported or moderated are left out.
FILES: Mapping[str, tuple[str, str]] = {
    "profile": (
        "your account and profile",
        """SELECT id, handle, display_name, email, email_verified_at, organisation, stakeholder_group, country, sectors,
        stages, materials, languages, letters_in, post_order, about, public, joined_at, silenced_until, trust,
        trust_given
        FROM members WHERE id = :member""",
    ),
    "mail": (
        "when mail comes, and your time zone",
        "SELECT direct, followed, time_zone FROM mail_wishes WHERE member_id = :member",
    ),
    "sessions": (
        "where you are signed in; ended sessions are deleted",
        "SELECT user_agent, started_at, seen_at, ends_at FROM sessions WHERE member_id = :member ORDER BY id",
    ),
    "links": (
        "links that were mailed to you",
        "SELECT purpose, address, asked_at, spent_at FROM mailed_links WHERE member_id = :member ORDER BY id",
    ),
    "feed-key": (
        "whether you have a key for feeds",
        "SELECT made_at FROM feed_keys WHERE member_id = :member",
    ),
    "duties": (
        "what you are trusted with",
        """SELECT d.duty, s.slug AS sector, d.gathering_id AS gathering, d.granted_at FROM duties d
        LEFT JOIN sectors s ON s.id = d.sector_id WHERE d.member_id = :member ORDER BY d.id""",
    ),
    "bodies": (
        "bodies on which you sit",
        "SELECT body FROM body_members WHERE member_id = :member ORDER BY body",
    ),
    "topics": (
        "topics that you have opened, or that are given to you to see to",
        """SELECT id, title, kind, tags, opened_at, author_id = :member AS opened_by_you, assignment FROM topics
        WHERE author_id = :member OR assignee_id = :member ORDER BY id""",
    ),
    "held-edits": (
        "changes of posts that wait, or waited, for a moderator",
        """SELECT post_id AS post, edit_body AS body, held_at, outcome FROM held_posts WHERE edit_by = :member
        ORDER BY post_id""",
    ),
    "reactions": (
        "your reactions to posts",
        "SELECT post_id AS post, kind, set_at FROM reactions WHERE member_id = :member ORDER BY post_id, kind",
    ),
    "drafts": (
        "what you have begun to write",
        """SELECT key, title, body, tags, kind, saved_at FROM drafts WHERE member_id = :member AND ended_at IS NULL
        ORDER BY key""",
    ),
    "files": (
        "files that you have uploaded: their names and addresses",
        """SELECT id, name, media_type, size, uploaded_at FROM files WHERE uploaded_by = :member ORDER BY uploaded_at, id""",
    ),
    "following": (
        "what you follow, how closely, and why",
        """SELECT f.topic_id AS topic, s.slug AS sector, f.tag, f.chosen, f.automatic, f.because, f.mail FROM following f
        LEFT JOIN sectors s ON s.id = f.sector_id WHERE f.member_id = :member ORDER BY f.id""",
    ),
    "reading": (
        "what you have read: which posts of which topic, for how long, and when last",
        """SELECT topic_id AS topic, CAST(read AS text) AS numbers, seconds, read_at FROM readings
        WHERE member_id = :member ORDER BY topic_id""",
    ),
    "changes": (
        "topics that you were the last to close, open, archive, pin, move or answer",
        """SELECT topic_id AS topic, what, changed_at FROM topic_changes WHERE changed_by = :member
        ORDER BY topic_id, what""",
    ),
    "searches": (
        "searches that you keep",
        "SELECT query, told, saved_at FROM saved_searches WHERE member_id = :member ORDER BY id",
    ),
    "inbox": (
        "what you were told: read things are deleted after 90 days, all after a year",
        """SELECT kind, reason, because, topic_id AS topic, post_id AS post, decision_id AS decision, told_at, read_at,
        done_at, mailed_at FROM notifications WHERE member_id = :member ORDER BY id""",
    ),
    "invitations": (
        "topics and rooms for which you are listed",
        "SELECT topic_id AS topic FROM topic_readers WHERE member_id = :member ORDER BY topic_id",
    ),
    "panels": (
        "rooms on whose panel you sit",
        "SELECT room_id AS room FROM panelists WHERE member_id = :member ORDER BY room_id",
    ),
    "attendance": (
        "rooms in which you were, by day",
        "SELECT room_id AS room, day FROM attendance WHERE member_id = :member ORDER BY day, room_id",
    ),
    "votes": (
        "questions that you have voted for",
        "SELECT question_id AS question FROM votes WHERE member_id = :member ORDER BY question_id",
    ),
    "ballots": (
        "your answers in polls",
        "SELECT poll_id AS poll, answer FROM ballots WHERE member_id = :member ORDER BY poll_id",
    ),
    "entries": (
        "entries of boards that are yours or that you have worked on",
        """SELECT e.id, e.board_id AS board, e.number, e.title, e.fields, e.added_at, e.author_id = :member AS begun_by_you,
        c.since AS contributing_since FROM entries e
        LEFT JOIN entry_contributors c ON c.entry_id = e.id AND c.member_id = :member
        WHERE e.author_id = :member OR c.member_id IS NOT NULL ORDER BY e.id""",
    ),
    "entry-versions": (
        "what you have written into entries",
        """SELECT entry_id AS entry, version, title, fields, written_at FROM entry_versions WHERE written_by = :member
        ORDER BY entry_id, version""",
    ),
    "confirmations": (
        "entries that you have confirmed",
        """SELECT entry_id AS entry, kind, organisation, set_at FROM entry_confirmations WHERE member_id = :member
        ORDER BY entry_id, kind""",
    ),
    "gaps": (
        "gaps of boards that you have taken on",
        "SELECT board_id AS board, cell, claimed_at, ends_at FROM gap_claims WHERE member_id = :member ORDER BY id",
    ),
    "views": (
        "views of boards that you keep",
        "SELECT board_id AS board, title, query, is_shared, saved_at FROM saved_views WHERE member_id = :member ORDER BY id",
    ),
    "board-work": (
        "boards that you curate",
        "SELECT board_id AS board FROM board_curators WHERE member_id = :member ORDER BY board_id",
    ),
    "imports": (
        "tables that you have brought into boards",
        "SELECT board_id AS board, file_name, uploaded_at FROM board_imports WHERE member_id = :member ORDER BY id",
    ),
    "sanctions": (
        "what was decided against you, and until when it holds",
        """SELECT decision_id AS decision, action, begun_at, until, ended_at FROM sanctions s
        WHERE member_id = :member AND begun_at <= :settled ORDER BY decision_id""",
    ),
    "decisions": (
        "decisions about what you wrote under your name, with their reasons",
        """SELECT d.id, d.action, d.rule, d.facts, d.automated, d.decided_at, d.reversed_at, d.reversal_facts, p.id AS post
        FROM decisions d JOIN cases c ON c.id = d.case_id JOIN posts p ON c.object_kind = 'post' AND p.id = c.object_id
        WHERE p.author_id = :member AND d.undone_at IS NULL AND d.decided_at <= :settled ORDER BY d.id""",
    ),
    "appeals": (
        "your appeals, and their answers",
        """SELECT decision_id AS decision, body, appealed_at, outcome, answer, answered_at FROM appeals
        WHERE member_id = :member ORDER BY id""",
    ),
    "silences": (
        "rooms in which you were silenced",
        "SELECT room_id AS room, reason, until, silenced_at FROM room_silences WHERE member_id = :member ORDER BY id",
    ),
    "flags": (
        "what you have flagged",
        """SELECT object_kind AS kind, object_id AS id, reason, note, flagged_at FROM flags WHERE member_id = :member
        ORDER BY id""",
    ),
    "reports": (
        "what you have reported",
        """SELECT reference, address, reason, why, name, email, received_at FROM reports WHERE member_id = :member
        ORDER BY id""",
    ),
}
# Tables that know members and are not in it, and why; a test demands one or the other of each.
LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(
        "boards case_claims case_notes change_requests editions moderator_names moves polls question_claims "
        "question_moves reason_templates reporter_looks rules struck_words topic_timers".split(),
        "done in office, for the community, and kept as its record",
    ),
    "topic_paces": "a moment that says when one may write again",
}
