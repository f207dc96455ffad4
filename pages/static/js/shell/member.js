// What pages do for those who can write: drafts are kept, files are checked when they are chosen, what members read counts as
// read, and they see how much waits for them. It is loaded after the page, because visitors who only read need nothing of it.

import { keepDrafts } from "../forum/drafts.js";
import { keepReading } from "../forum/read_state.js";
import { rememberLanguage } from "../forum/text_language.js";
import { checkChosenFiles } from "./chosen_files.js";
import { keepUnread } from "./inbox_count.js";
import { tellSending } from "./sending.js";
import { keepCounts } from "./unread_counts.js";

keepDrafts();
for (const form of document.querySelectorAll("form.composer")) rememberLanguage(form);
checkChosenFiles();
tellSending();
keepUnread();
keepCounts();
keepReading(document.querySelector("#posts"));
