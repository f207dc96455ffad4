// Markdown of what a post shows: a quotation keeps emphasis, links, lists, tables and code. It knows the elements that the
// server makes of Markdown and of mail, and nothing else.

const LEFT_OUT = ".quote, .unseen, .footnote-ref, .footnotes, .signature";
const AROUND = { em: "*", strong: "**", del: "~~" };
const TEXT = 3;
const BLOCKS = new Set(
  "p div h1 h2 h3 h4 h5 h6 ul ol li blockquote pre table hr figure figcaption details summary section".split(
    " ",
  ),
);

/** The Markdown of the children of an element, without what it quotes itself. */
export function markdownOf(element) {
  for (const other of element.querySelectorAll(LEFT_OUT)) other.remove();
  return blocks(element)
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

// Inline text between two blocks is a paragraph of its own.
function blocks(element) {
  const parts = [];
  let line = "";
  const end = () => {
    if (line.trim()) parts.push(lines(line));
    line = "";
  };
  for (const node of element.childNodes) {
    if (!BLOCKS.has(node.localName)) {
      line += inline(node);
      continue;
    }
    end();
    const part = block(node);
    if (part) parts.push(part);
  }
  end();
  return parts.join("\n\n");
}

function block(node) {
  const name = node.localName;
  if (/^h[1-6]$/.test(name)) return `### ${flat(node)}`;
  if (name === "hr") return "---";
  if (name === "pre") return code(node);
  if (name === "ul" || name === "ol") return list(node);
  if (name === "table") return table(node);
  if (name === "blockquote") return prefixed(blocks(node), "> ", "> ");
  if (name === "li") return prefixed(item(node), "- ", "  ");
  return blocks(node);
}

function list(node) {
  let number = Number(node.getAttribute("start") ?? 1);
  const items = [...node.childNodes].filter((one) => one.localName === "li");
  const isLoose = items.some((one) => [...one.childNodes].some((part) => part.localName === "p"));
  return items
    .map((one) => {
      const mark = node.localName === "ol" ? `${number++}. ` : "- ";
      return prefixed(item(one), mark, " ".repeat(mark.length));
    })
    .join(isLoose ? "\n\n" : "\n");
}

// The lists in an item of a tight list follow its text directly.
function item(node) {
  const isLoose = [...node.childNodes].some((part) => part.localName === "p");
  const text = blocks(node);
  return isLoose ? text : text.replace(/\n\n(?= *(?:-|\d+\.) )/g, "\n");
}

function table(node) {
  const rows = all(node, "tr").map((row) =>
    [...row.childNodes].filter((cell) => /^t[hd]$/.test(cell.localName)),
  );
  const wide = Math.max(0, ...rows.map((row) => row.length));
  if (!wide) return "";
  const shown = rows.map((row) =>
    Array.from({ length: wide }, (_, at) => (row[at] ? flat(row[at]).replaceAll("|", "\\|") : "")),
  );
  const rule = Array.from({ length: wide }, (_, at) => aligned(rows[0][at]?.getAttribute("align")));
  return [shown[0], rule, ...shown.slice(1)].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function aligned(side) {
  if (side === "center") return ":-:";
  return side === "right" ? "-:" : "-";
}

function code(node) {
  const text = node.textContent.replace(/\n$/, "");
  const language = /language-([\w+-]+)/.exec(all(node, "code")[0]?.getAttribute("class") ?? "")?.[1] ?? "";
  const fence = longest(text, 3);
  return `${fence}${language}\n${text}\n${fence}`;
}

function inline(node) {
  if (node.nodeType === TEXT) return escaped(node.textContent.replace(/\s+/g, " "));
  const name = node.localName;
  if (name === "br") return "\\\n";
  if (name === "code") return codeSpan(node.textContent);
  if (name === "input") return node.getAttribute("checked") === null ? "[ ]" : "[x]";
  if (name === "img") return `![${escaped(node.getAttribute("alt") ?? "")}](${node.getAttribute("src")})`;
  if (name === "a") return link(node);
  const text = [...node.childNodes].map(inline).join("");
  if (name === "td" || name === "th") return `${text} `;
  return AROUND[name] && text.trim() ? around(text, AROUND[name]) : text;
}

// A mark of emphasis has no blank at its inner side.
function around(text, mark) {
  const [, before, inner, after] = /^(\s*)(.*?)(\s*)$/s.exec(text);
  return `${before}${mark}${inner}${mark}${after}`;
}

function link(node) {
  const address = node.getAttribute("href") ?? "";
  const text = [...node.childNodes].map(inline).join("");
  // Mentions and addresses become links again by themselves, and so do topics, which are shown by their title.
  if (/^@/.test(node.textContent) || node.textContent === address) return node.textContent;
  if (all(node, "img").length) return text;
  if (address.startsWith("/t/") && all(node, "bdi").length) return address;
  return text.trim() && address ? `[${text}](${address})` : text;
}

function codeSpan(text) {
  const fence = longest(text, 1);
  const blank = /^`|`$|^ .* $/.test(text) ? " " : "";
  return `${fence}${blank}${text}${blank}${fence}`;
}

// So many backticks that the text cannot end them.
function longest(text, least) {
  const runs = text.match(/`+/g) ?? [];
  const most = Math.max(0, ...runs.map((run) => run.length));
  return "`".repeat(Math.max(least, most >= least ? most + 1 : least));
}

// What would be read as a mark: emphasis at the edge of a word, code, links, tags, entities.
function escaped(text) {
  return text
    .replace(/[\\`[\]<]/g, "\\$&")
    .replace(/\*(?=\S)|(?<=\S)\*/g, "\\*")
    .replace(/(?<![\p{L}\p{N}_])_(?=\S)|(?<=\S)_(?![\p{L}\p{N}_])/gu, "\\_")
    .replace(/~(?=~)/g, "\\~")
    .replace(/&(?=#?\w+;)/g, "\\&");
}

// The lines of a paragraph; none begins like another block.
function lines(text) {
  return text
    .replace(/\\\n\s*$/, "")
    .split("\n")
    .map((line) =>
      line
        .trim()
        .replace(/^(#{1,6}(?= |$)|>|[-+*](?= |$)|=+$|-+$)/, "\\$1")
        .replace(/^(\d{1,9})([.)])(?= |$)/, "$1\\$2"),
    )
    .join("\n");
}

const flat = (node) => blocks(node).replace(/\\?\n+/g, " ");
const prefixed = (text, first, others) =>
  text
    .split("\n")
    .map((line, at) => (at ? others : first) + line)
    .map((line) => line.trimEnd())
    .join("\n");

function all(node, name) {
  return [...node.childNodes].flatMap((one) =>
    one.localName === name ? [one] : one.childNodes ? all(one, name) : [],
  );
}
