// A page for writing: previews in place; everything else is a plain form.

import "./page.js";
import { preview } from "./composer.js";

for (const form of document.querySelectorAll("form.composer")) preview(form);
