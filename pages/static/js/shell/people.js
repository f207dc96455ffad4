// Who wrote something, as everywhere: a name that leads to its member, and the group where that is public.

/** Puts a face in the place of the one that an element shows. */
export function face(place, author, groups, nobody) {
  place.querySelector(".group")?.remove();
  const name = document.createElement(author ? "a" : "span");
  name.className = author ? "who" : "who nobody";
  if (author) {
    name.href = `/m/${author.handle}`;
    name.append(Object.assign(document.createElement("bdi"), { textContent: author.display_name }));
  } else name.textContent = nobody;
  const old = place.querySelector(".who");
  if (old) old.replaceWith(name);
  else place.prepend(name);
  if (author?.group)
    name.after(
      Object.assign(document.createElement("span"), {
        className: "group",
        textContent: groups[author.group] ?? author.group,
      }),
    );
}
