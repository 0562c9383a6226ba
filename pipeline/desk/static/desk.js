// The desk works without this file; with it the switches, the note and the progress are live.
"use strict";
document.documentElement.classList.add("js");

const one = (what, where = document) => where.querySelector(what);
const all = (what, where = document) => [...where.querySelectorAll(what)];
const token = () => one("input[name=token]").value;

async function post(path, fields, type) {
  return fetch(path, {
    method: "POST", credentials: "same-origin", redirect: "manual",
    headers: { Accept: type }, body: new URLSearchParams({ token: token(), ...fields }),
  });
}

// ---- what an address on the page leads to is opened
function openAt() {
  const place = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  for (let fold = place; fold; fold = fold.parentElement) if (fold.localName === "details") fold.open = true;
  if (place) place.scrollIntoView();
}
addEventListener("hashchange", openAt);
openAt();

// ---- the switches over the letter
const switches = one("[data-switches]");
function show() {
  const chosen = Object.fromEntries(new FormData(switches));
  one("[data-frame]").className = `frame ${chosen.width}`;
  const frame = one("[data-frame] iframe");
  const { width, ...look } = chosen;
  const address = `/letter?${new URLSearchParams(look)}`;
  if (frame.getAttribute("src") !== address) frame.setAttribute("src", address);
  sessionStorage.setItem("look", JSON.stringify(chosen));
}
if (switches) {
  const kept = JSON.parse(sessionStorage.getItem("look") || "{}");
  for (const input of all("input", switches)) {
    if (kept[input.name]) input.checked = kept[input.name] === input.value;
    input.addEventListener("change", show);
  }
  show();
}

// ---- single keys, while nobody is writing
const useKeys = one("[data-keys]");
if (useKeys) {
  useKeys.checked = localStorage.getItem("keys") !== "off";
  useKeys.addEventListener("change", () => localStorage.setItem("keys", useKeys.checked ? "on" : "off"));
}
document.addEventListener("keydown", event => {
  const writing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select");
  if (writing || event.ctrlKey || event.metaKey || event.altKey || !(useKeys && useKeys.checked)) return;
  const wanted = one(`[data-key="${CSS.escape(event.key)}"]`);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.type === "radio") { wanted.checked = true; show(); } else wanted.click();
});

// ---- the list of posts: arrows go from one to the next, Alt and ↑ lets one lead
const posts = one("[data-posts]");
if (posts) posts.addEventListener("keydown", event => {
  const row = event.target.closest("li");
  if (!row || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  if (event.altKey && event.key === "ArrowUp") {
    const lead = one("button.lead", row);
    if (lead) lead.click();
    return;
  }
  const next = event.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
  const to = next && one("button, a", next);
  if (to) to.focus();
});

// ---- the opening note: shown at once, saved a moment later
const note = one("[data-note]");
const TAGS = ["p", "h4", "blockquote", "em", "strong", "u", "br"];
function grown(parts, under) {
  for (const part of parts) {
    if (typeof part === "string") { under.append(part); continue; }
    if (!TAGS.includes(part[0])) continue;
    const child = document.createElement(part[0]);
    grown(part[1], child);
    under.append(child);
  }
}
if (note) {
  const text = one("[data-note-text]", note), said = one("[data-note-said]", note);
  let saving = 0, busy = false, again = false, saved = text.value, asked = 0;
  const showNote = async () => {
    const mine = ++asked;
    const answer = await post("/note/shown", { value: text.value }, "application/json");
    if (mine !== asked || !answer.ok) return;
    const tree = one("[data-note-tree]", note);
    const fresh = document.createElement("div");
    grown(await answer.json(), fresh);
    tree.replaceChildren(...fresh.childNodes);
    one("[data-note-shown]", note).hidden = !text.value.trim();
    note.dataset.shown = text.value;
  };
  const save = async () => {
    if (busy) { again = true; return; }
    if (text.value === saved) return;
    busy = true;
    const value = text.value, version = one("input[name=version]", note).value;
    const letter = one("input[name=letter]", note).value;
    const answer = await post("/note", { value, version, letter }, "application/json");
    busy = false;
    if (answer.status === 409) {
      said.textContent = "Changed in another window; this was not saved. Copy your note, then load this page again.";
      return;
    }
    if (!answer.ok) { said.textContent = "Not saved. Is the desk still running?"; return; }
    const now = await answer.json();
    for (const field of all("input[name=version]")) field.value = now.version;
    for (const field of all("input[name=fingerprint]")) field.value = now.fingerprint;
    saved = value;
    said.textContent = "Saved.";
    const frame = one("[data-frame] iframe");
    frame.setAttribute("src", frame.getAttribute("src"));
    if (again) { again = false; save(); }
  };
  text.addEventListener("input", () => {
    said.textContent = "";
    showNote();
    clearTimeout(saving);
    saving = setTimeout(save, 700);
  });
  text.addEventListener("change", save);
  if (text.value.trim()) showNote();
}

// ---- the letter going out
const going = one("[data-going]");
if (going) {
  const events = new EventSource(`/progress?letter=${encodeURIComponent(going.dataset.going)}`);
  events.onmessage = event => {
    const told = JSON.parse(event.data);
    one("progress", going).value = told.done;
    one("[data-done]", going).textContent = told.done;
    one("[data-accepted]", going).textContent = told.accepted;
    const more = [[told.refused, "refused"], [told.suppressed, "left before"], [told.unknown, "in doubt"]];
    one("[data-more]", going).textContent = more.filter(([n]) => n).map(([n, w]) => `, ${n} ${w}`).join("");
    one("[data-problem]", going).textContent = told.problem;
    if (told.going) return;
    events.close();
    if (!told.queued) location.href = "/past";
  };
}

// ---- the first time
const zone = one("[data-zone]");
if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || zone.value;
const begin = one("[data-begin]");
if (begin) begin.addEventListener("submit", () => {
  one("[data-wait]", begin).textContent = "Reading your blog. This takes up to a minute.";
});
