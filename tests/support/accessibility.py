"""Scripts that find accessibility faults in a page: axe-core, targets that are too small, and overflow."""

RULES = "['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']"
CHECK = f"""axe.run(document, {{runOnly: {RULES}}}).then(found => found.violations.map(
    one => one.id + ': ' + one.nodes[0].html.slice(0, 200) + ' ' + one.nodes[0].failureSummary))"""
# Controls must be as large as a thumb, except links inside sentences and inside lists of facts.
PRESSED = "button, summary, input:not([type=hidden]), select, textarea, .button, .act, .tab, .bottom a"
SMALL = f"""[...document.querySelectorAll('{PRESSED}')]
    .filter(one => one.checkVisibility() && !one.closest('.said'))
    .map(one => (one.closest('label.check') ?? one))
    .filter(one => Math.min(one.getBoundingClientRect().height, one.getBoundingClientRect().width) < 43.5)
    .map(one => one.outerHTML.slice(0, 160))"""
WIDE = """[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1
    && !one.closest('.unseen, .skip, .tabs, .said table, .said pre')).map(one => one.outerHTML.slice(0, 160)).slice(0, 3)"""

# The dates that are shown as a clock time alone, such as "12:34" for a day that is today.
CLOCKS = r"""
[...document.querySelectorAll("time[datetime]:not([data-hour])")]
    .filter((time) => /^\s*\d\d?:\d\d\s*$/.test(time.textContent))
    .map((time) => `${time.textContent} in ${time.parentElement.textContent.trim().slice(0, 80)}`)
"""

# Texts that end before their last word, outside of what scrolls; in the bar at the bottom, icons say the same. The title in
# the line of a topic that stays in view is the heading of the page, which is whole above.
CUT_OFF = """[...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() && one.childNodes.length
    && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1
    && !['visible', 'auto', 'scroll'].includes(getComputedStyle(one).overflowX)
    && !one.closest('.unseen, .skip, .said, .bottom, .map-title')).map((one) => one.outerHTML.slice(0, 160)).slice(0, 3)"""
