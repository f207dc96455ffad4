"""The steps of an erasure, noun by noun, in the order in which they have to be done."""

from collections.abc import Sequence

from boards.curation.erasure import erase_confirmations, erase_entries, find_entries
from boards.editions.erasure import unname_editions
from forum.archive.erasure import forget_mails
from forum.files.erasure import delete_files, detach_files
from forum.notifications.erasure import (
    delete_notifications,
    unname_notifications,
    untitle_notifications,
)
from forum.posts.erasure import (
    delete_history,
    erase_posts,
    forget_held_posts,
    lock_next_posts,
    unname_posts,
)
from forum.search.erasure import forget_searches, remove_from_index, words_of_posts
from forum.search.texts import suggestible_words
from forum.text.erasure import delete_quotations
from forum.topics.erasure import DELETED, erase_topics
from forum.translations.erasure import delete_translations
from forum.writing.erasure import delete_reactions, delete_references, delete_references_to
from gatherings.notices.erasure import untitle_notices
from gatherings.programme.erasure import unname_speakers
from gatherings.questions.votes import unname_votes
from members.accounts.erasure import FORMER_NAME
from members.emails.mailed_links import delete_links_to
from members.emails.outbox import delete_emails_to
from moderation.appeals.erasure import erase_appeals
from moderation.flags.erasure import erase_flags
from moderation.rules.erasure import erase_matches
from personal_data.generic import delete_rows, handle_pattern, unname_texts, words_of
from storage.database import Transaction
from storage.follow_ups import forget_errors
from storage.idempotency import delete_responses_of
from storage.personal_data import Erasure
from storage.quarantine import forget_item_errors


async def erase_boards(tx: Transaction, erasure: Erasure) -> None:
    """Erase the member from boards: this comes before the posts, of which those of joint entries stay."""
    found = await find_entries(tx, erasure)
    if not found.ids:
        return
    await unname_editions(tx, erasure, found.deleted.keys(), FORMER_NAME)
    await erase_entries(tx, erasure, found)
    if "entries" in erasure.deletes:
        await delete_history(tx, found.kept_posts)
    await unname_posts(tx, erasure, found.kept_posts)


async def erase_next_posts(tx: Transaction, erasure: Erasure) -> bool:
    """Erase the next posts of the member with everything that was made of them; return whether there were any."""
    batch = await lock_next_posts(tx, erasure)
    if not batch.ids:
        return False
    deleted: Sequence[int] = batch.deleted
    words = await words_of_posts(tx, deleted)
    await delete_quotations(tx, deleted)
    await delete_references(tx, deleted)
    await delete_translations(tx, deleted)
    await detach_files(tx, deleted)
    await delete_notifications(tx, deleted)
    await forget_mails(tx, batch.ids, deleted)
    await erase_posts(tx, erasure, batch)
    await remove_from_index(tx, deleted, words)
    return True


async def erase_the_rest(tx: Transaction, erasure: Erasure) -> None:
    """Erase everything but the posts, which are done, and the row of the member."""
    titles = await erase_topics(tx, erasure)
    await untitle_notifications(tx, titles, DELETED)
    await unname_notifications(tx, erasure, FORMER_NAME)
    await delete_files(tx, erasure)
    await forget_held_posts(tx, erasure, [])
    await delete_reactions(tx, erasure.member)
    await delete_references_to(tx, erasure.member)
    await forget_searches(tx, erasure.member, handle_pattern(erasure.handle))
    await unname_votes(tx, erasure.member)
    await unname_speakers(tx, erasure, FORMER_NAME)
    await unname_editions(tx, erasure, set(), FORMER_NAME)
    await erase_confirmations(tx, erasure.member)
    await erase_appeals(tx, erasure)
    await erase_flags(tx, erasure)

    if erasure.address:
        await delete_links_to(tx, erasure.address)
        await delete_emails_to(tx, erasure.address)
    words = words_of(erasure)
    await delete_responses_of(tx, erasure.member, words)
    await forget_errors(tx, words, DELETED)
    await forget_item_errors(tx, words, DELETED)
    renamed = await unname_texts(tx, erasure)
    await remove_from_index(tx, renamed, suggestible_words(f"{erasure.handle} {erasure.name}"))
    await delete_rows(tx, erasure.member)


async def prepare_posts(tx: Transaction, erasure: Erasure) -> None:
    """Erase what can be found only as long as the posts have their author."""
    await erase_matches(tx, erasure)
    await untitle_notices(tx, erasure)
