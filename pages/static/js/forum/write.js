// A page for writing: previews in place; everything else is a plain form.

import "../shell/page.js";
import { preview } from "./composer.js";
import { offerSimilar } from "./similar_topics.js";

offerSimilar(document.querySelector("form.composer [name=title]"), document.querySelector("#similar"));

for (const form of document.querySelectorAll("form.composer")) preview(form);
