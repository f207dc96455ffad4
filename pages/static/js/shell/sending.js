// Forms whose answer takes a while say so as soon as they are sent, and are sent once.

/** Shows the text of `data-while-sending` in a form that is being sent, with a bar that moves. */
export function tellSending() {
  document.addEventListener("submit", (sending) => {
    const told = sending.target.querySelector("[data-while-sending]");
    if (!told) return;
    if (told.textContent) {
      sending.preventDefault();
      return;
    }
    const bar = document.createElement("progress");
    bar.setAttribute("aria-hidden", "true");
    told.append(bar, told.dataset.whileSending);
  });
  // A page that the browser kept comes back as it was left.
  addEventListener("pageshow", () => {
    for (const told of document.querySelectorAll("[data-while-sending]")) told.replaceChildren();
  });
}
