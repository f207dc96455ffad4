// How cards, lists, the palette and the keys look; of no use before one of them is shown.

// Beside the scripts, whichever bundle brings this one.
const STYLES = new URL(import.meta.url).pathname.replace(/\/js\/.*/, "/css/shell/finding.css");

/** Loads the style sheet, once. */
export function addStyles() {
  if (document.head?.querySelector(`[href="${STYLES}"]`)) return;
  document.head?.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: STYLES }));
}
