// The switch for the keys, which only exist where scripts run.

import "../shell/page.js";
import { isOff } from "../shell/keys.js";

const box = document.querySelector("#keys-on");
box.checked = !isOff();
box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "on" : "off"));
