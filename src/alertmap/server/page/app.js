// The views of the page. A view has a `title`, an `element`, `fetch` that returns its data, and `render` that builds it
// from them.

import {
  SEVERITIES, address, block, button, count, element, empty, exact, facts, fullTime, labelLinks, link, muted, pretty,
  section, severity, table, text, webLink, when,
} from "./elements.js";
import { ask, hookAddress, input, list, noSource, post, select, setTitle, sources, start } from "./page.js";

const STATES = ["open", "closed", "all"];
const MOST_LABELS = 8; // labels of an incident in the list
const OUTCOMES = [
  ["", "all requests"], ["alerts", "gave alerts"], ["none", "gave no alert"], ["handshake", "handshakes"],
];
const REASONS = {
  test: "a test of the sender",
  probe: "a request that only checks that the URL answers",
  no_alert: "an event that changes no alert",
  handshake: "the sender asks for an answer before it sends alerts",
  unreadable: "the request cannot be read: see its problems",
  too_many_open: "some alerts were left out: raise max_open_per_source of the source, then replay the request",
};

const incidentAddress = (id) => address(`incidents/${encodeURIComponent(id)}`);
const requestLink = (number) =>
  number === null ? "by time" : link(address(`requests/${number}`), `#${number}`);

// --- Incidents -------------------------------------------------------------------------------------------------------

function incidentList() {
  const chips = element("div", { class: "labels chosen" });
  return list({
    title: "Incidents",
    name: "incidents",
    path: "incidents",
    noun: "incident",
    columns: ["Severity", "State", "Title", "Resource", "Source", "Age", "Count"],
    controls: [
      select("State", "state", STATES.map((word) => [word, word])),
      select("Severity", "severity", [["", "all"], ...SEVERITIES.map((word) => [word, word])]),
      select("Source", "source", [["", "all sources"]]),
      input("Text", "q", { type: "search" }),
      input("Label", "label", { type: "text", placeholder: "name=value" }),
      element("button", { type: "submit" }, "Filter"),
      chips,
    ],
    parametersOf(form, query) {
      const { state, severity, source, q, label } = form.elements;
      const chosen = [...query.getAll("label"), label.value.trim()];
      return new URLSearchParams([
        ["state", state.value === "open" ? "" : state.value],
        ["severity", severity.value],
        ["source", source.value],
        ["q", q.value], ...[...new Set(chosen)].map((one) => ["label", one]),
      ]);
    },
    fill(form, query) {
      for (const name of ["severity", "q"]) setValue(form.elements[name], query.get(name) ?? "");
      setValue(form.elements.state, query.get("state") ?? "open");
      form.elements.label.value = "";
      chips.replaceChildren(...query.getAll("label").map((label) => {
        const others = [...query].filter(([name, value]) => name !== "label" || value !== label);
        const name = `remove the filter ${label}`;
        const to = address("incidents", others);
        return element("a", { class: "label", href: to, "aria-label": name }, text(label), " ×");
      }));
    },
    rows: (incidents, query) =>
      incidents.map((incident) => ({ key: incident.id, cells: incidentCells(incident, query) })),
    nothing: noIncident,
  });
}

// A text that is being typed is not changed.
function setValue(control, value) {
  if (document.activeElement !== control || control.tagName === "SELECT") control.value = value;
}

function incidentCells(incident, query) {
  return [
    severity(incident.severity),
    stateWords(incident),
    [
      element("a", { class: "row", href: incidentAddress(incident.id) }, text(incident.title || incident.dedup_key)),
      labelLinks(incident.labels, query, MOST_LABELS),
    ],
    text(incident.resource),
    text(incident.source),
    when(incident.opened_at),
    String(incident.count),
  ];
}

function stateWords(incident) {
  const word = incident.expired ? "expired" : incident.state;
  return incident.no_data ? `${word}, no data` : word;
}

function noIncident(data, query) {
  const filters = ["severity", "source", "q", "label"].filter((name) => query.get(name));
  const all = link(address("incidents", "state=all"), "See all incidents");
  if (filters.length) return empty("No incident passes these filters. ", link("#/incidents", "Remove the filters"));
  if (!data.hasSent) return noSource(data.names);
  if ((query.get("state") ?? "open") === "open") return empty("Nothing is open. ", all);
  return empty("There is no such incident. ", all);
}

function incidentView(id) {
  const body = element("div", {});
  return {
    title: "Incident",
    element: body,
    async fetch() {
      const incident = await ask(`api/incidents/${encodeURIComponent(id)}`);
      return { incident, problems: await problemsOf(incident) };
    },
    render({ incident, problems }) {
      setTitle(incident.title || incident.dedup_key);
      body.replaceChildren(...incidentParts(incident, problems));
    },
  };
}

// An incident keeps no problems: they are those of the newest request about it, as it is read now.
async function problemsOf(incident) {
  const number = incident.events.findLast((event) => event.request !== null)?.request;
  if (number === undefined) return { number: null, found: [] };
  try {
    const { now } = await ask(`api/requests/${number}`);
    const alerts = (now?.alerts ?? []).filter((alert) => alert.dedup_key === incident.dedup_key);
    return { number, found: alerts.flatMap((alert) => alert.problems) };
  } catch {
    return { number: null, found: [] }; // the request is not kept any more
  }
}

function incidentParts(incident, problems) {
  const state = incident.state === "resolved" ? "state=all" : "";
  const links = Object.entries(incident.links);
  const previous = incident.previous && link(incidentAddress(incident.previous), "the incident before it");
  return [
    element("p", { class: "lead" }, severity(incident.severity), " ", stateWords(incident), " ",
      ...(incident.resolved_at ? [when(incident.resolved_at), ", "] : []), "opened ", when(incident.opened_at)),
    incident.message ? element("p", { class: "message", dir: "auto" }, incident.message) : null,
    labelLinks(incident.labels, state),
    links.length ? element("ul", { class: "links" }, links.map(namedLink)) : null,
    facts([
      ["Source", link(address("incidents", { source: incident.source }), text(incident.source))],
      ["Vendor", text(incident.vendor)],
      ["Resource", incident.resource && text(incident.resource)],
      ["Worst severity", severity(incident.max_severity)],
      ["Opened", fullTime(incident.opened_at)],
      ["Last seen", fullTime(incident.last_seen)],
      ["Ended", fullTime(incident.resolved_at)],
      ["Expires", fullTime(incident.expires_at)],
      ["Count", String(incident.count)],
      ["Episode", incident.episode && text(incident.episode)],
      ["Before", previous],
      ["Dedup key", element("code", {}, text(incident.dedup_key))],
    ]),
    problems.found.length ? problemSection(problems) : null,
    section("Timeline", timeline(incident.events)),
  ].filter(Boolean);
}

const namedLink = ([name, url]) => element("li", {}, webLink(url, name), " ", muted(text(url)));

function problemSection({ number, found }) {
  const source = muted("Of request ", requestLink(number), ", the newest that changed it, as it is read now.");
  return section("Problems", element("p", {}, source), problemList(found));
}

function timeline(events) {
  const columns = ["Time", "Kind", "Cause", "Severity", "State", "Title", "Request"];
  const rows = events.map((event, place) => ({
    key: `event ${place}`,
    cells: [
      [muted(exact(event.at)), " ", when(event.at)],
      event.kind.replaceAll("_", " "),
      event.cause.replaceAll("_", " "),
      severity(event.severity),
      event.state,
      text(event.title),
      requestLink(event.request),
    ],
  }));
  return table("Timeline, the newest first", columns, rows.toReversed());
}

// --- Requests --------------------------------------------------------------------------------------------------------

function requestList() {
  return list({
    title: "Requests",
    name: "requests",
    path: "requests",
    noun: "request",
    columns: ["Number", "Received", "Source", "Outcome", "Reason", "Alerts", "Problems", "Bytes"],
    controls: [
      select("Outcome", "outcome", OUTCOMES),
      select("Source", "source", [["", "all sources"]]),
    ],
    parametersOf: (form) => new URLSearchParams(["outcome", "source"].map((name) => [name, form.elements[name].value])),
    fill: (form, query) => setValue(form.elements.outcome, query.get("outcome") ?? ""),
    rows: (requests) => requests.map((request) => ({
      key: String(request.id),
      cells: [
        element("a", { class: "row", href: address(`requests/${request.id}`) }, `#${request.id}`),
        when(request.received_at),
        text(request.source),
        outcomeWords(request.outcome),
        REASONS[request.reason] ?? request.reason,
        String(request.alerts),
        String(request.problems),
        request.size.toLocaleString("en"),
      ],
    })),
    nothing: (data, query) => (query.get("outcome") || query.get("source")
      ? empty("No request passes these filters. ", link("#/requests", "Remove the filters"))
      : noSource(data.names)),
  });
}

const outcomeWords = (outcome) => ({ none: "no alert" })[outcome] ?? outcome;

function requestView(number) {
  const body = element("div", {});
  return {
    title: `Request #${number}`,
    element: element("div", {}, replayPart(number), body),
    fetch: () => ask(`api/requests/${encodeURIComponent(number)}`),
    render: (request) => body.replaceChildren(...requestParts(request)),
  };
}

function requestParts(request) {
  const counts = `${count(request.alerts, "alert")}, ${count(request.problems, "problem")}`;
  return [
    facts([
      ["Received", fullTime(request.received_at)],
      ["Source", text(request.source)],
      ["Vendor", text(request.vendor)],
      ["Outcome", `${outcomeWords(request.outcome)}: ${counts}`],
      ["Reason", request.reason && (REASONS[request.reason] ?? request.reason)],
    ]),
    element("div", { class: "beside" },
      section("As it came", element("p", {}, muted("Credentials are replaced.")),
        facts([["Request", element("code", {}, text(`${request.method} ${request.path}`))]]),
        pairs("Query", request.query), pairs("Headers", request.headers),
        element("h3", {}, "Body"), request.body ? block("Body", pretty(request.body)) : empty("The body is empty.")),
      section("As it is read now", ...batchParts(request.now, request.outcome))),
  ];
}

function pairs(title, mapping) {
  const found = Object.entries(mapping);
  return found.length ? element("div", { class: "pairs" }, element("h3", {}, title), facts(found.map(([name, value]) =>
    [name, text(value)]))) : null;
}

function replayPart(number) {
  const result = element("p", { role: "status" });
  const replay = button("Replay", async () => {
    result.textContent = "replaying";
    try {
      const done = await post(`api/requests/${encodeURIComponent(number)}/replay`);
      const words = `${outcomeWords(done.outcome)}, ${count(done.changed, "change")} of incidents`;
      result.textContent = done.message ? `${words}: ${done.message}` : words;
    } catch (error) {
      result.textContent = error.message;
    }
  });
  const words = "applies its alerts to the incidents again, at the time when it came; targets are sent what changes";
  return element("div", { class: "replay" }, replay, muted(words), result);
}

// Return the alerts and problems of a batch; null for a source that is not in the file any more.
function batchParts(batch, outcome) {
  if (batch === null) return [empty("The source is not in the file any more, so the request cannot be read.")];
  const reason = outcome === "handshake" ? outcome : batch.reason;
  const words = count(batch.alerts.length, "alert");
  return [
    element("p", { class: "count" }, reason ? `${words}: ${REASONS[reason] ?? reason}` : words),
    batch.problems.length ? problemList(batch.problems) : null,
    ...batch.alerts.map(alertCard),
  ];
}

function problemList(problems) {
  const code = (words) => element("code", {}, text(words));
  return element("ul", { class: "problems" }, problems.map((problem) =>
    element("li", {}, code(problem.code), " at ", code(problem.path), ": ", text(problem.message))));
}

function alertCard(alert) {
  const times = [["Started", alert.started_at], ["Occurred", alert.occurred_at], ["Expires", alert.expires_at]];
  const identity = Object.entries(alert.identity);
  const key = address("incidents", { state: "all", source: alert.source, q: alert.dedup_key });
  return element("article", {},
    element("h3", {}, severity(alert.severity), " ", muted(alert.state), " ", text(alert.title)),
    alert.message ? element("p", { class: "message", dir: "auto" }, alert.message) : null,
    labelLinks(alert.labels, "state=all"),
    alert.problems.length ? problemList(alert.problems) : null,
    facts([
      ["Resource", alert.resource && text(alert.resource)],
      ["Level", alert.level && text(alert.level)],
      ...times.map(([name, time]) => [name, fullTime(time)]),
      ["Episode", alert.episode && text(alert.episode)],
      ["No data", alert.no_data ? "yes" : null],
      ["Recovery", alert.resolvable ? null : "the sender never announces it"],
      ...Object.entries(alert.values).map(([name, value]) => [`Value ${name}`, text(value)]),
      ...Object.entries(alert.links).map(([name, url]) => [`Link ${name}`, webLink(url, url)]),
      ["Identity", identity.flatMap(([name, value], place) => [place ? ", " : "", text(`${name}=${value}`)])],
      ["Dedup key", [element("code", {}, text(alert.dedup_key)), " ", link(key, "incidents")]],
    ]));
}

// --- Try -------------------------------------------------------------------------------------------------------------

const NO_SOURCE = "none: by the vendor";

function tryView() {
  const types = ["application/json", "application/x-www-form-urlencoded", "application/xml", "text/plain"];
  const result = element("div", {});
  const done = element("p", { role: "status" });
  const words = "Paste a payload, and choose a source or name a vendor. Nothing is kept, nobody is paged.";
  const form = element("form", { class: "try", "aria-label": "Try a payload" },
    element("label", {}, "Payload", element("textarea", { name: "body", rows: "14", spellcheck: "false" })),
    element("div", { class: "filters" },
      select("Source", "source", [["", NO_SOURCE]]),
      input("Vendor", "vendor", { type: "text", placeholder: "grafana" }),
      input("Content type", "type", { type: "text", value: types[0], list: "types" }),
      element("datalist", { id: "types" }, types.map((type) => element("option", { value: type }))),
      element("button", { type: "submit" }, "Try")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await preview(form, done, result);
  });
  return {
    title: "Try",
    element: element("div", {}, element("p", {}, words), form, done, result),
    fetch: async () => (await sources()).map((source) => source.name),
    render(names) {
      const chosen = form.elements.source.value;
      const options = ["", ...names].map((name) => element("option", { value: name }, name || NO_SOURCE));
      form.elements.source.replaceChildren(...options);
      form.elements.source.value = names.includes(chosen) ? chosen : "";
    },
  };
}

async function preview(form, done, result) {
  const { body, source, vendor, type } = form.elements;
  done.textContent = "";
  result.replaceChildren();
  if (!source.value && !vendor.value.trim()) {
    done.textContent = "Choose a source, or name a vendor.";
    vendor.focus();
    return;
  }
  const query = source.value ? { source: source.value } : { vendor: vendor.value.trim() };
  try {
    const headers = { "Content-Type": type.value.replace(/[^\x20-\x7e]/g, "") };
    const batch = await post(`api/preview?${new URLSearchParams(query)}`, body.value, headers);
    const problems = batch.alerts.reduce((sum, alert) => sum + alert.problems.length, batch.problems.length);
    const counts = `${count(batch.alerts.length, "alert")}, ${count(problems, "problem")}`;
    done.textContent = `Read as ${batch.vendor ?? vendor.value}: ${counts}.`;
    result.replaceChildren(section("Alerts", ...batchParts(batch, "").filter((part) => part !== null)));
  } catch (error) {
    done.textContent = error.message;
  }
}

// --- Sources and targets ---------------------------------------------------------------------------------------------

function sourceView() {
  const body = element("div", {});
  return {
    title: "Sources",
    element: body,
    isTimed: true,
    async fetch() {
      const { sources: all, open: opened, outbox } = await ask("api/status");
      return { all, opened, outbox };
    },
    render: (data) => body.replaceChildren(sourceTable(data), outboxTable(data.outbox)),
  };
}

function sourceTable({ all, opened }) {
  if (!all.length) return empty("The file has no source: add a table [sources.NAME].");
  const columns = ["Name", "Vendor", "Last sent", "Requests", "Open", "URL"];
  const openOf = (name) => opened.filter((one) => one.source === name).reduce((sum, one) => sum + one.count, 0);
  return table("Sources", columns, all.map((source) => ({
    key: source.name,
    cells: [
      text(source.name),
      text(source.vendor),
      when(source.last),
      link(address("requests", { source: source.name }), source.count.toLocaleString("en")),
      link(address("incidents", { source: source.name }), openOf(source.name).toLocaleString("en")),
      element("code", {}, text(hookAddress(source.name))),
    ],
  })));
}

function outboxTable(outbox) {
  const rows = outbox.map(({ target, waiting, tries, error }) => ({
    key: `target ${target}`,
    cells: [text(target), waiting.toLocaleString("en"), String(tries), text(error)],
  }));
  return section("Waiting for targets", rows.length
    ? table("Requests that wait for targets", ["Target", "Waiting", "Most tries", "Last error"], rows)
    : empty("Nothing waits: all that targets are to be sent was delivered."));
}

start(
  { incidents: incidentList, requests: requestList, try: tryView, sources: sourceView },
  { incidents: incidentView, requests: requestView },
);
