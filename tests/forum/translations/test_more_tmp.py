from tests.forum.drafts.test_drafts import (
    test_a_draft_keeps_the_language_that_was_chosen,
    test_a_draft_is_kept_and_counts_its_changes,
)  # noqa
from tests.moderation.rules.test_held_posts import (
    test_what_waits_keeps_the_language_that_its_author_chose,
    test_an_edit_is_let_through_with_changes_and_its_author_keeps_the_own_text,
    test_its_author_edits_and_withdraws_it,
)  # noqa
from tests.forum.search.test_search import (
    test_a_post_is_indexed_in_its_own_language,
    test_only_or_in_capitals_is_no_word,
    test_words_are_found_in_any_form_and_language,
    test_whatever_is_asked_is_answered,
)  # noqa
from tests.support.search_archive import archive  # noqa
from tests.forum.search.test_tokenizer import *  # noqa
from tests.storage.test_sql_files import *  # noqa
from tests.moderation.appeals.test_appeals import (
    test_who_reported_in_vain_appeals_and_it_waits_for_a_decision_again,
    test_an_appeal_that_is_refused_changes_nothing_but_is_answered,
)  # noqa
from tests.moderation.sanctions.test_sanctions import *  # noqa
from tests.support.moderation.filters import filtered  # noqa
from tests.support.moderation.appeals import decided_case  # noqa
import pytest

pytestmark = pytest.mark.console_errors("409")
