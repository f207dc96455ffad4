"""Writing in a real browser: quotes of selected text, mentions, drafts, pictures and shared edits."""

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from tests.support.accessibility import CHECK
from tests.support.axe import axe_source
from tests.support.browser import SELECT, Windows, settled
from tests.support.pages import send
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql
from tests.support.uploads import a_member, a_picture


async def test_selected_text_is_quoted_and_mentions_are_suggested(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    reply = await a_reply(amina, topic, "The list leaves out refiners, and more.")
    page = await settled(await windows.open(f"/t/{topic}/cobalt-tracing", jonas))

    await page.evaluate(SELECT, "leaves out refiners")
    await page.locator(".pill.quoting").click()
    field = page.locator("#p2 textarea")
    await expect(field).to_have_value(f"> [Amina, #2](/p/{reply['id']}):\n> leaves out refiners\n\n")
    await expect(field).to_be_focused()
    await page.keyboard.type("Ask @ami")
    await expect(page.locator("#p2 [role=option]")).to_have_text(f"Amina @{amina.handle}")
    await page.evaluate(axe_source())
    assert await page.evaluate(CHECK) == []
    await page.keyboard.press("Enter")
    await expect(field).to_have_value(
        f"> [Amina, #2](/p/{reply['id']}):\n> leaves out refiners\n\nAsk @{amina.handle} "
    )
    await page.locator("#p2 form .first").click()

    await expect(page.locator("#p3 .quote .of")).to_have_text("Amina, #2")
    await expect(page.locator("#p3 .quote")).to_contain_text("leaves out refiners")
    await app.run_jobs()
    await expect(page.locator("#p2 .act.cited")).to_be_visible()


async def test_a_text_that_could_not_be_sent_is_still_there_after_a_reload(
    app: Service, windows: Windows
) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    page = await settled(await windows.open(f"/t/{topic}/cobalt-tracing", amina))
    await page.locator("#reply textarea").fill("A thought")
    await expect(page.locator("#reply .kept")).to_have_text("Draft saved")

    await page.context.set_offline(True)
    await page.locator("#reply textarea").fill("A thought that took an hour.")
    await page.locator("#reply .first").click()
    await expect(page.locator("#reply [role=alert]")).to_contain_text("Your text is saved")
    await page.context.set_offline(False)
    await page.reload()

    await expect(page.locator("#reply textarea")).to_have_value("A thought that took an hour.")


async def test_concurrent_drafts_in_two_windows_lose_nothing(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    address = f"/t/{topic}/cobalt-tracing"
    one = await settled(await windows.open(address, amina, app.urls[0]))
    # A separate browser, so that the windows share nothing but the server.
    two = await settled(await windows.open(address, amina, app.urls[-1]))
    text, kept = "#reply textarea", "#reply .kept"

    await one.locator(text).fill("From the first window.")
    await expect(one.locator(kept)).to_have_text("Draft saved")
    await two.locator(text).fill("From the second window.")
    await expect(two.locator(kept)).to_contain_text("Both versions are among your drafts")
    async with one.expect_response(
        lambda answer: answer.request.method == "PUT" and "/drafts/" in answer.url
    ):
        await one.locator(text).fill("From the first window, and more.")
    await expect(one.locator(kept)).to_have_text("Draft saved")
    drafts = {row["key"]: row["begins"] for row in (await amina.get("/drafts")).json()["items"]}
    assert drafts == {
        f"topic:{topic}": "From the first window, and more.",
        f"topic:{topic}~2": "From the second window.",
    }

    # A third window loads the draft; after it is posted from the first window, the third does not save it again.
    three = await settled(await windows.open(address, amina, app.urls[0]))
    await expect(three.locator(text)).to_have_value("From the first window, and more.")
    await one.locator("#reply form .first").click()
    await expect(one.locator("#p2")).to_contain_text("From the first window, and more.")
    await three.locator(text).fill("From the first window, and more. Later.")
    await expect(three.locator(kept)).to_contain_text("posted or thrown away from another window")
    assert len(windows.complaints) == 1 and "409" in windows.complaints.pop()
    assert set(key["key"] for key in (await amina.get("/drafts")).json()["items"]) == {f"topic:{topic}~2"}
    await three.locator(f"{kept} button").click()
    await expect(three.locator(kept)).to_have_text("Draft saved")
    await three.reload()
    await expect(three.locator(text)).to_have_value("From the first window, and more. Later.")
    await two.reload()
    await expect(two.locator(text)).to_have_value("From the second window.")


async def test_a_chosen_picture_gets_a_description_and_is_visible_to_others(
    app: Service, windows: Windows
) -> None:
    amina = await a_member(app)
    topic = (await a_topic(amina))["id"]
    address = f"/t/{topic}/cobalt-tracing"
    page = await settled(await windows.open(address, amina, app.urls[0]))
    other = await settled(await windows.open(address, None, app.urls[-1]))
    # It is chosen while the script that uploads it is on its way.
    scripts: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/js/forum/writing.js", scripts.put)
    await page.locator("#reply .attach summary").click()
    picture = {"name": "photo.png", "mimeType": "image/png", "buffer": a_picture("PNG")}
    await page.locator("#reply [type=file]").set_input_files([picture])
    script = await scripts.get()
    await script.continue_()
    await page.locator("#reply .described input").fill("A red corner")
    await expect(page.locator("#reply textarea")).to_have_value(
        re.compile(r"^!\[A red corner\]\(/files/\d+/photo\.png\?40x20\)\s*$")
    )
    await page.evaluate(axe_source())
    assert await page.evaluate(CHECK) == []
    await page.locator("#reply form .first").click()

    image = other.locator("#p2 img")
    await expect(image).to_have_attribute("alt", "A red corner")
    await image.scroll_into_view_if_needed()
    await expect(image).to_have_js_property("naturalWidth", 40)


@pytest.mark.console_errors("422")
async def test_a_refused_file_is_explained_beside_the_field_and_leaves_the_text_as_it_was(
    app: Service, windows: Windows
) -> None:
    phone = {"width": 390, "height": 700}
    page = await settled(await windows.open("/s/mobility/new", await a_member(app), viewport=phone))
    text = page.locator("form textarea[name=body]")
    await text.fill("A line.")
    await page.locator(".attach summary").click()
    unreadable = {"name": "noise.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n\0\0"}
    program = {"name": "setup.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}
    for file in (unreadable, program):
        await page.locator(".attach [type=file]").set_input_files([file])
        notice = page.locator(".attach .notice.by-script")
        await expect(notice).to_contain_text(file["name"].split(".")[0])
        await expect(notice).to_be_in_viewport()
    await expect(text).to_have_value("A line.")


async def test_concurrent_edits_of_a_shared_post_show_both_texts(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_member(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic, "one\n\ntwo"))["id"]
    page = await settled(await windows.open(f"/t/{topic}/cobalt-tracing", jonas))
    await expect(page.locator("#p2 .act.edit")).to_have_count(0)
    await amina.put(f"/posts/{post}/sharing")
    await expect(page.locator("#p2 .shared")).to_have_text("shared post")
    await page.locator("#p2 summary").click()
    await page.locator("#p2 .act.edit").click()
    await page.locator("#p2 textarea").fill("one\n\ndeux")
    await amina.patch(f"/posts/{post}", {"body": "one\n\nzwei"})
    await page.locator("#p2 form .first").click()

    await expect(page.locator("[role=alert]")).to_contain_text("Nothing is lost")
    await expect(page.locator("#body")).to_have_value("one\n\ndeux")
    await expect(page.locator("ins").last).to_have_text("zwei")
    await page.evaluate(axe_source())
    assert await page.evaluate(CHECK) == []
    await page.locator("#body").fill("one\n\nzwei, deux")
    await page.locator("form .first").click()
    await expect(page.locator("#p2 .said")).to_contain_text("zwei, deux")
    await page.goto(f"/p/{post}/history")
    await expect(page.locator("ins", has_text="deux")).to_be_visible()
    await page.evaluate(axe_source())
    assert await page.evaluate(CHECK) == []
    assert all("412" in complaint for complaint in windows.complaints)
    windows.complaints.clear()


async def test_similar_topics_are_shown_to_the_author_of_a_new_topic(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    like = (await a_topic(amina, title="Which cobalt refiners survive an audit?"))["id"]
    await a_topic(amina, title="Coffee")
    hidden = (await a_topic(amina, title="Cobalt refiners in secret"))["id"]
    await raw_sql(app.db).execute("UPDATE topics SET readers = 'listed' WHERE id = $1", hidden)
    await app.run_jobs()
    page = await windows.open("/s/mobility/new", amina)
    await page.get_by_label("Title").fill("Cobalt refiners: an audit")
    await expect(page.locator("#similar a")).to_have_attribute("href", f"/t/{like}")
    await page.get_by_label("Title").fill("Elephants walking")
    await expect(page.locator("#similar")).to_be_hidden()

    shown = await send(amina, "/s/mobility/new", title="Cobalt refiners", body="x", preview="1")
    assert f'href="/t/{like}"' in shown.text and f'href="/t/{hidden}"' not in shown.text


_SELECT_IN = """([element, words]) => {
    const texts = document.createTreeWalker(document.querySelector(`#p2 .said ${element}`), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const at = texts.currentNode.data.indexOf(words);
        if (at >= 0) {
            return document.getSelection().setBaseAndExtent(texts.currentNode, at, texts.currentNode, at + words.length);
        }
    }
}"""
MARKED = """Some **bold** and *slanted* `code` with [a link](https://example.org/).

- one
- two
  1. inner

| ore | t |
| - | -: |
| Co | 3 |

```sql
SELECT *
```"""


async def test_a_quotation_keeps_emphasis_lists_tables_and_code(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    said = await a_reply(amina, topic, MARKED)
    page = await settled(await windows.open(f"/t/{topic}/cobalt-tracing", jonas))
    field = page.locator("#p2 textarea")

    await page.locator("#p2 .more > summary").click()
    await page.locator("#p2 .act.quotes").click()
    quoted = await field.input_value()
    answer = await a_reply(jonas, topic, quoted + "Yes.")

    assert "> - two\n>   1. inner\n" in quoted and "> | Co | 3 |\n" in quoted
    shown = answer["html"].partition("</p>")[2]
    assert said["html"].strip() in shown and "Paraphrased" not in answer["html"]


async def test_a_passage_selected_inside_of_marks_keeps_them(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    await a_reply(amina, topic, MARKED)
    page = await settled(await windows.open(f"/t/{topic}/cobalt-tracing", jonas))

    for element, words, markdown in (
        ("em", "slant", r"> \*slant\*\n"),
        ("tbody td", "Co", r"> Co\n"),
        ("pre code", "SELECT", r"> ```\w*\n> SELECT\n> ```\n"),
    ):
        await page.evaluate(_SELECT_IN, [element, words])
        await page.locator(".pill.quoting").click()
        await expect(page.locator("#p2 textarea")).to_have_value(re.compile(markdown))


ARABIC = "\u0647\u0630\u0627 \u062c\u0648\u0627\u0628\u064a (3TG)!"


async def test_each_paragraph_and_each_typed_line_has_its_own_direction(
    app: Service, windows: Windows
) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    await a_reply(amina, topic, f"> The English quote.\n\n{ARABIC}\n\n- {ARABIC}\n- English")
    page = await settled(await windows.open(f"/t/{topic}/cobalt-tracing", amina))

    for element, direction in (
        ("blockquote p", "ltr"),
        (".said > p", "rtl"),
        ("li >> nth=0", "rtl"),
        ("li >> nth=1", "ltr"),
    ):
        await expect(page.locator(f"#p2 {element}")).to_have_css("direction", direction)
    await page.locator("#reply textarea").fill(f"English\n{ARABIC}")
    await expect(page.locator("#reply textarea")).to_have_css("unicode-bidi", "plaintext")
