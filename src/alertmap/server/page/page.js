// The parts that all views share: the API, the address after # with the view and its filters, lists, and the live
// connection.

import { address, button, element, empty, link, relative, table, text } from "./elements.js";

const PAGE = 100; // rows of a list, and how many more each press of "More" adds
const MOST_ROWS = 500; // rows that the API gives at once
const SECOND = 1000;

const byId = (id) => document.getElementById(id);

// --- API -------------------------------------------------------------------------------------------------------------

// Integers that a double cannot hold stay text, where the browser gives their source.
function exactNumber(_key, value, context) {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? context?.source ?? value : value;
}

export async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The receiver cannot be reached. The page tries again when it is connected.");
  }
  const answer = await response.text();
  if (response.ok) return JSON.parse(answer, exactNumber);
  const words = answer.trim().slice(0, 500) || response.statusText;
  const isRefused = response.status === 401 || response.status === 403;
  if (isRefused) throw new Error(`Not allowed: ${words}. Reload the page to sign in.`);
  throw new Error(`The receiver answers ${response.status}: ${words}`);
}

export const post = (path, body, headers = {}) =>
  ask(path, { method: "POST", body, headers: { "X-Requested-With": "alertmap", ...headers } });

// Return the first rows of a list, as many as are on view.
async function rowsOf(name, query, wanted) {
  const rows = [];
  const asked = new URLSearchParams(query);
  let next = null;
  do {
    asked.set("limit", Math.min(wanted - rows.length, MOST_ROWS));
    if (next !== null) asked.set("before", next);
    const found = await ask(`api/${name}?${asked}`);
    rows.push(...found[name]);
    next = found.next;
  } while (next !== null && rows.length < wanted);
  return { rows, more: next !== null };
}

let status = null;

// Return what is known of the sources, asked for at most every ten seconds.
export async function sources() {
  const isOld = status === null || Date.now() - status.at > 10 * SECOND;
  if (isOld) status = { at: Date.now(), ...(await ask("api/status")) };
  return status.sources;
}

// --- Addresses and views ---------------------------------------------------------------------------------------------

// Makers of views by name: those without an id, such as lists, and those of one thing.
let lists = {};
let details = {};

// The view: `key` is its path, `fetch` returns its data, `render` builds it from them. Lists have `update`, too, which
// takes other filters.
let view = { key: null };
let turns = 0;

function route() {
  const [path, ...query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id] = (path || "incidents").split("/");
  const makers = id ? details : lists;
  const make = Object.hasOwn(makers, name) ? makers[name] : null;
  const key = id ? `${name}/${id}` : name;
  const parameters = new URLSearchParams(query.join("?"));
  if (view.key !== key) open({ key, ...(make ? make(id && decoded(id)) : notFound()) });
  else if (!view.update) return; // it has no filters
  view.update?.(parameters);
  setBusy(true);
  refresh();
  for (const one of document.querySelectorAll("nav a")) {
    if (one.getAttribute("href") === `#/${name}`) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
}

function notFound() {
  return { title: "Not found", element: empty("There is no such view. ", link("#/incidents", "See the incidents")) };
}

function decoded(id) {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function open(made) {
  const isFirst = view.key === null;
  view = made;
  setTitle(made.title);
  setError("");
  byId("view").replaceChildren(made.element);
  scrollTo(0, 0);
  if (!isFirst) byId("title").focus();
}

export function setTitle(title) {
  byId("title").textContent = title;
  document.title = `${title.slice(0, 100)} · alertmap`;
}

function setError(words) {
  const error = byId("error");
  if (error.textContent !== words) error.textContent = words;
  error.hidden = words === "";
}

// A screen reader waits for a view that is being fetched.
const setBusy = (isBusy) => byId("view").setAttribute("aria-busy", String(isBusy));

// Fetch what is on view; build it anew only where it differs, so that nothing moves under the reader.
async function refresh() {
  const asked = view;
  const turn = (turns += 1);
  try {
    if (!asked.fetch) return;
    const data = await asked.fetch();
    if (turn !== turns) return; // something else was asked for meanwhile
    setError("");
    const written = JSON.stringify(data);
    if (written === asked.seen) return;
    asked.seen = written;
    keepFocus(() => asked.render(data));
  } catch (error) {
    if (turn === turns) setError(error.message);
  } finally {
    if (turn === turns) setBusy(false);
  }
}

// Build something anew, and give the focus back to the control of the same row and name.
function keepFocus(build) {
  const before = document.activeElement;
  const row = before?.closest("[data-row]")?.dataset.row;
  const words = before?.textContent;
  build();
  if (row === undefined || document.contains(before)) return;
  const found = [...document.querySelectorAll("[data-row]")].find((one) => one.dataset.row === row);
  const controls = [...(found?.querySelectorAll("a, button") ?? [])];
  (controls.find((one) => one.textContent === words) ?? controls[0] ?? byId("title")).focus({ preventScroll: true });
}

// --- Filters ---------------------------------------------------------------------------------------------------------

export function select(label, name, options) {
  const made = element("select", { name }, options.map(([value, words]) => element("option", { value }, words)));
  return element("label", {}, label, made);
}

export const input = (label, name, more) =>
  element("label", {}, label, element("input", { name, autocomplete: "off", ...more }));

// A form of filters that writes them into the address. Typing replaces the last entry of the history, so that Back
// does not go letter by letter.
function filterForm(path, controls, parametersOf) {
  const form = element("form", { class: "filters", role: "search", "aria-label": "Filters" }, controls);
  let timer = 0;
  const go = () => {
    clearTimeout(timer);
    location.hash = address(path, parametersOf(form));
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go();
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches("select")) go();
  });
  form.addEventListener("input", (event) => {
    if (event.target.type !== "search") return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!form.isConnected) return;
      history.replaceState(null, "", address(path, parametersOf(form)));
      route();
    }, 300);
  });
  return form;
}

// Offer the sources of the file, and the one that is chosen, in a select.
function offerSources(form, names, chosen) {
  const control = form.elements.source;
  const wanted = ["", ...new Set(chosen && !names.includes(chosen) ? [...names, chosen] : names)];
  if (wanted.join("\n") !== [...control.options].map((option) => option.value).join("\n")) {
    control.replaceChildren(...wanted.map((name) => element("option", { value: name }, name || "all sources")));
  }
  control.value = chosen;
}

// A list with filters, a count, and "More". `rows` builds the rows from the data, `nothing` the words of an empty list.
export function list({ title, name, path, controls, parametersOf, fill, columns, rows, nothing, noun }) {
  let query = new URLSearchParams();
  let wanted = PAGE;
  const form = filterForm(path, controls, (filled) => parametersOf(filled, query));
  const counted = element("p", { class: "count", role: "status" });
  const results = element("div", { class: "results" });
  const more = button("More", () => {
    wanted += PAGE;
    refresh();
  });
  more.hidden = true;
  results.addEventListener("keydown", moveInRows);
  return {
    title,
    element: element("div", {}, form, counted, results, more),
    update(parameters) {
      query = parameters;
      wanted = PAGE;
      fill(form, query);
      offerSources(form, status?.sources.map((source) => source.name) ?? [], query.get("source") ?? "");
    },
    async fetch() {
      const [found, all] = await Promise.all([rowsOf(name, query, wanted), sources()]);
      const names = all.map((source) => source.name);
      return { ...found, names, hasSent: all.some((source) => source.count > 0), query: query.toString() };
    },
    render(data) {
      offerSources(form, data.names, query.get("source") ?? "");
      const words = data.rows.length === 1 ? noun : `${noun}s`;
      const counts = `${data.rows.length} ${words}`;
      counted.textContent = data.more ? `the newest ${counts}; there are more` : counts;
      results.replaceChildren(data.rows.length ? table(title, columns, rows(data.rows, query)) : nothing(data, query));
      if (!data.more && document.activeElement === more) [...results.querySelectorAll("a.row")].at(-1)?.focus();
      more.hidden = !data.more;
    },
  };
}

// Arrows, and j and k, go from row to row while the focus is in the list.
function moveInRows(event) {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...event.currentTarget.querySelectorAll("a.row")];
  const here = links.indexOf(event.target.closest("[data-row]")?.querySelector("a.row"));
  const next = links[here + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

export function noSource(names) {
  const hooks = names.map((name) => element("li", {}, element("code", {}, text(hookAddress(name)))));
  const words = element("p", {}, "No source has sent yet: post to hooks/NAME.");
  return element("div", { class: "empty" }, words, element("ul", {}, hooks));
}

export const hookAddress = (name) => new URL(`hooks/${encodeURIComponent(name)}`, document.baseURI).href;

// --- Live ------------------------------------------------------------------------------------------------------------

let events = null;
let isChanged = false;
let isWaiting = false;
let lastRefresh = 0;

// Fetch what is on view, at most once a second; a change that comes meanwhile is not forgotten.
function changed() {
  isChanged = true;
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(async () => {
    isChanged = false;
    lastRefresh = Date.now();
    await refresh();
    isWaiting = false;
    if (isChanged) changed();
  }, Math.max(0, lastRefresh + SECOND - Date.now()));
}

function setLive(isLive) {
  const mark = byId("live");
  const words = isLive ? "live" : "not connected";
  if (mark.textContent !== words) mark.textContent = words;
  mark.classList.toggle("off", !isLive);
}

function listen() {
  if (document.hidden) return;
  events?.close();
  const opened = new EventSource("api/live");
  opened.addEventListener("open", () => setLive(true));
  opened.addEventListener("changed", changed);
  opened.addEventListener("error", () => {
    setLive(false);
    if (opened.readyState === EventSource.CLOSED) setTimeout(listen, 5 * SECOND); // else the browser tries again itself
  });
  events = opened;
}

// A tab that nobody sees gives its connection back: browsers allow six to one address.
function visibilityChanged() {
  if (document.hidden) {
    events?.close();
  } else {
    listen();
    changed();
  }
}

function passTime() {
  for (const time of document.querySelectorAll("time")) time.textContent = relative(time.dateTime);
  if (view.isTimed && !document.hidden) changed();
}

function skip(event) {
  event.preventDefault();
  byId("main").focus();
}

// Begin with these views.
export function start(viewsByName, detailsByName) {
  lists = viewsByName;
  details = detailsByName;
  byId("skip").addEventListener("click", skip);
  addEventListener("hashchange", route);
  document.addEventListener("visibilitychange", visibilityChanged);
  setInterval(passTime, 15 * SECOND);
  route();
  listen();
}
