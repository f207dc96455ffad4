// Who wrote something, as everywhere: a face and a name that lead to the member, and the group where that is public.

// As in members/profiles/initials.py: the number of hues, and who stands for all former members.
const HUES = 8;
const FORMER = "deleted-member";
const lang = document.documentElement.lang;
// Some browsers of 2024 do not have it.
const characters = Intl.Segmenter && new Intl.Segmenter(lang, { granularity: "grapheme" });

/** Puts the author in the place of the one that an element shows. */
export function showAuthor(place, author, groups, nobody) {
  place.querySelector(".group")?.remove();
  const name = document.createElement(author ? "a" : "span");
  name.className = author ? "who" : "who nobody";
  name.append(faceOf(author));
  if (author) {
    name.href = `/m/${author.handle}`;
    name.append(Object.assign(document.createElement("bdi"), { textContent: author.display_name }));
  } else name.append(nobody);
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

/** The face of a member, or of nobody in particular: decoration, which screen readers leave out. */
export function faceOf(author) {
  if (author?.picture)
    return Object.assign(document.createElement("img"), {
      className: "face",
      src: `/faces/${author.picture}-64.webp`,
      alt: "",
    });
  const face = document.createElement("i");
  face.className = "face";
  face.setAttribute("aria-hidden", "true");
  if (!author || author.handle === FORMER) return face;
  face.className = `face hue-${hueOf(author.handle)}`;
  face.dataset.i = initialsOf(author.display_name);
  return face;
}

/** The number of the hue of a member's face. */
export function hueOf(handle) {
  let found = 0;
  for (const letter of handle) found = (found * 31 + letter.codePointAt(0)) % 1009;
  return found % HUES;
}

/** The letters that stand for a name: two in scripts with capital letters, one in others. */
export function initialsOf(name) {
  const words = name
    .split(/\s+/u)
    .map((word) => charactersOf(word).find((one) => /^[\p{L}\p{N}]/u.test(one)))
    .filter(Boolean);
  if (!words.length) return charactersOf(name.trim())[0] ?? "";
  const [first, last] = [words[0], words.at(-1)];
  if (words.length > 1 && hasCase(first) && hasCase(last)) return first.toUpperCase() + last.toUpperCase();
  return hasCase(first) ? first.toUpperCase() : first;
}

function charactersOf(text) {
  return characters ? [...characters.segment(text)].map((one) => one.segment) : [...text];
}

function hasCase(letters) {
  return letters.toUpperCase() !== letters.toLowerCase();
}
