// How cards, lists, the palette and the keys look; of no use before one of them is shown.

// Beside the scripts, whichever bundle brings this one.
const STYLES = new URL(import.meta.url).pathname.replace(/\/js\/.*/, "/css/shell/finding.css");

let loaded;

/** Loads the style sheet, once; the promise is kept when it is there, or cannot be had. */
export function addStyles() {
  loaded ??= new Promise((done) => {
    if (!document.head || document.head.querySelector(`[href="${STYLES}"]`)) return void done();
    const sheet = { rel: "stylesheet", href: STYLES, onload: done, onerror: done };
    document.head.append(Object.assign(document.createElement("link"), sheet));
  });
  return loaded;
}
