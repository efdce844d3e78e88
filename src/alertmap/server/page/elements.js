// Elements from values. Payloads come from anybody: all texts become text nodes or values of the attributes that
// `element` allows, and nothing is ever parsed as HTML.

export const SEVERITIES = ["critical", "high", "medium", "low", "info"];
const MOST_TEXT = 100_000; // characters of a body before "Show all"
const MOST_PRETTY = 250_000; // characters of a JSON body that is indented
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g; // characters that change the order of others
const SECOND = 1000;

const ATTRIBUTES = new Set([
  ..."aria-label class data-row data-severity data-column datetime dir href id".split(" "),
  ..."list name placeholder rel role rows spellcheck tabindex title type value autocomplete scope".split(" "),
]);

// Return an element. Links lead to a view of this page, or to http or https: any other address is left out.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    const isSafe = ATTRIBUTES.has(key) && (key !== "href" || value.startsWith("#/") || isWebAddress(value));
    if (isSafe && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null));
  return made;
}

function isWebAddress(text) {
  try {
    return /^https?:\/\//i.test(text) && ["http:", "https:"].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}

// Text from outside: its direction, and characters that change it, end with it.
export const text = (value) => (value === "" || value === null ? "" : element("bdi", {}, String(value)));

export const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

export function severity(word) {
  const known = SEVERITIES.includes(word) ? word : "none";
  return element("span", { class: "severity", "data-severity": known }, word ?? "none");
}

const ago = (seconds) => (seconds < 0 ? (words) => `in ${words}` : (words) => `${words} ago`);

// Return how long ago a time was, in words.
export function relative(time) {
  const seconds = (Date.now() - new Date(time)) / SECOND;
  const size = Math.abs(seconds);
  if (!(size >= 0)) return time; // a year that the browser does not know
  if (size < 45) return "just now";
  if (size < 3600) return ago(seconds)(`${Math.round(size / 60)} min`);
  if (size < 86400) return ago(seconds)(`${Math.round(size / 3600)} h`);
  return ago(seconds)(count(Math.round(size / 86400), "day"));
}

export function exact(time) {
  const date = new Date(time);
  return isNaN(date) ? time : date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "long" });
}

export function when(time) {
  return time ? element("time", { datetime: time, title: exact(time) }, relative(time)) : "never";
}

export const fullTime = (time) => (time ? [exact(time), " (", when(time), ")"] : null);

// Rows of a table, with roles: on a narrow screen the cells are stacked, and browsers then forget that it is a table.
export function table(caption, columns, rows) {
  const head = columns.map((column) => element("th", { scope: "col", role: "columnheader" }, column));
  return element("table", { role: "table", "aria-label": caption },
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, head)),
    element("tbody", { role: "rowgroup" }, rows.map(({ key, cells }) => element("tr", { role: "row", "data-row": key },
      cells.map((cell, place) => element("td", { role: "cell", "data-column": columns[place] },
        ...[cell].flat()))))));
}

// Names with their values; a value of null is left out.
export function facts(pairs) {
  return element("dl", {}, pairs.filter(([, value]) => value !== null && value !== "").map(([name, value]) =>
    element("div", {}, element("dt", {}, text(name)), element("dd", {}, ...[value].flat()))));
}

export const section = (title, ...content) => element("section", {}, element("h2", {}, title), ...content);

export const link = (to, ...words) => element("a", { href: to }, words);

export const muted = (...words) => element("span", { class: "muted" }, words);

export const empty = (...words) => element("p", { class: "empty" }, ...words);

export const webLink = (address, words) =>
  isWebAddress(address) ? element("a", { href: address, rel: "noopener noreferrer" }, text(words)) : text(words);

export function labelLinks(labels, query, most = Infinity) {
  const pairs = Object.entries(labels);
  const links = pairs.slice(0, most).map(([name, value]) => {
    const more = new URLSearchParams(query);
    const label = `${name}=${value}`;
    if (!more.getAll("label").includes(label)) more.append("label", label);
    return element("a", { class: "label", href: address("incidents", more), title: `only ${label}` }, text(label));
  });
  if (pairs.length > most) links.push(muted(`+${pairs.length - most}`));
  return links.length ? element("div", { class: "labels" }, links) : null;
}

// Return the address of a view: its path and its filters without those that are empty.
export function address(path, query = "") {
  const written = new URLSearchParams([...new URLSearchParams(query)].filter(([, value]) => value !== "")).toString();
  return `#/${path}${written && "?"}${written}`;
}

// A long text, cut until all of it is asked for.
export function block(name, content) {
  const attributes = { tabindex: "0", role: "region", "aria-label": name, dir: "auto" };
  const pre = element("pre", attributes, content.slice(0, MOST_TEXT));
  if (content.length <= MOST_TEXT) return [pre];
  const all = button(`Show all ${count(content.length, "character")}`, () => {
    pre.textContent = content;
    all.remove();
    pre.focus();
  });
  return [pre, all];
}

export function button(words, press) {
  const made = element("button", { type: "button" }, words);
  made.addEventListener("click", press);
  return made;
}

// Return JSON with line breaks, number for number as it was sent; any other text as it is.
export function pretty(body) {
  if (body.length > MOST_PRETTY) return body;
  try {
    JSON.parse(body);
  } catch {
    return body;
  }
  let depth = 0;
  const line = () => `\n${"  ".repeat(Math.min(depth, 30))}`;
  const tokens = body.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g);
  return tokens.map((token, place) => {
    if ("{[".includes(token)) {
      depth += 1;
      return "}]".includes(tokens[place + 1]) ? token : token + line();
    }
    if ("}]".includes(token)) {
      depth -= 1;
      return "{[".includes(tokens[place - 1]) ? token : line() + token;
    }
    if (token === ",") return token + line();
    if (token === ":") return ": ";
    return token.replace(BIDI, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
  }).join("");
}
