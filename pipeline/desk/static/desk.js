// The desk works without this file; with it the switches, the note and the progress are live.
"use strict";
document.documentElement.classList.add("js");

const one = (what, where = document) => where.querySelector(what);
const all = (what, where = document) => [...where.querySelectorAll(what)];
const token = () => one("input[name=token]").value;

async function post(path, fields, type) {
  return fetch(path, {
    method: "POST", credentials: "same-origin", redirect: "manual", keepalive: true,
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
  return chosen;
}
function showAndKeep() { sessionStorage.setItem("look", JSON.stringify(show())); }
if (switches) {
  // At first as she would see it on this screen; then as she left it.
  const here = { scheme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light" };
  const kept = { ...here, ...JSON.parse(sessionStorage.getItem("look") || "{}") };
  for (const input of all("input", switches)) {
    if (kept[input.name]) input.checked = kept[input.name] === input.value;
    input.addEventListener("change", showAndKeep);
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
  if (wanted.type === "radio") { wanted.checked = true; showAndKeep(); } else wanted.click();
});

// ---- the list of posts: dragged by their dots; arrows go from one to the next, with Alt they move it
const posts = one("[data-posts]");
function moved(order) {
  const form = one("[data-order]");
  one("input[name=value]", form).value = order.join(" ");
  form.requestSubmit();
}
if (posts) {
  const orderNow = () => all("li", posts).map(row => row.dataset.post);
  const stay = sessionStorage.getItem("moved");
  sessionStorage.removeItem("moved");
  const again = stay && one(`li[data-post="${CSS.escape(stay)}"] button`, posts);
  // After the browser has gone to the address's #posts, which takes the focus away.
  if (again) addEventListener("load", () => setTimeout(() => again.focus()));
  posts.addEventListener("keydown", event => {
    const row = event.target.closest("li");
    if (!row || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const up = event.key === "ArrowUp";
    if (event.altKey) {
      const button = one(up ? "button.up" : "button.down", row);
      if (!button) return;
      sessionStorage.setItem("moved", row.dataset.post);
      button.click();
      return;
    }
    const next = up ? row.previousElementSibling : row.nextElementSibling;
    const to = next && one("button, a", next);
    if (to) to.focus();
  });
  for (const grip of all("[data-grip]", posts)) grip.addEventListener("pointerdown", event => {
    if (event.button || event.target.closest("button")) return;
    const row = grip.closest("li"), before = orderNow().join();
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    row.classList.add("moving");
    const middle = other => { const box = other.getBoundingClientRect(); return box.top + box.height / 2; };
    // The others make way: the row that the finger is on must stay where it is in the tree.
    const drag = move => {
      const rows = all("li", posts), at = rows.indexOf(row);
      for (const other of rows.slice(0, at).reverse())
        if (move.clientY < middle(other)) posts.insertBefore(other, row.nextElementSibling);
      for (const other of rows.slice(at + 1))
        if (move.clientY > middle(other)) posts.insertBefore(other, row);
    };
    const drop = end => {
      grip.removeEventListener("pointermove", drag);
      row.classList.remove("moving");
      if (end.type === "pointercancel") location.reload();
      else if (orderNow().join() !== before) moved(orderNow());
    };
    grip.addEventListener("pointermove", drag);
    for (const end of ["pointerup", "pointercancel"]) grip.addEventListener(end, drop, { once: true });
  });
}

// ---- the opening note and the P.S.: shown at once, saved a moment later
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
// A yes is for the letter as it stood: a page that says she gave it must not go on saying so.
function yesIsGone(state) {
  const yes = one("[data-yes]");
  if (!yes || yes.dataset.yes === state) return;
  yes.dataset.yes = state;
  for (const part of yes.children) part.hidden = part.localName !== "h2" && !part.matches("[data-yes-gone]");
  one("[data-state-line]").textContent = "A draft again. Nothing leaves without your yes.";
}
// One is saved after the other: each is saved over what the page knows.
let saves = Promise.resolve();
const unsaved = new Set();
document.addEventListener("submit", event => {
  if (!unsaved.size || event.target.matches("[data-note]")) return;
  // What she wrote a moment ago comes first: what is sent now is said of the letter with it.
  event.preventDefault();
  const { target, submitter } = event;
  for (const save of unsaved) save();
  saves.then(() => { unsaved.clear(); target.requestSubmit(submitter); });
});
addEventListener("pagehide", () => { for (const save of unsaved) save(); });
for (const note of all("[data-note]")) {
  const text = one("[data-note-text]", note), said = one("[data-note-said]", note);
  let saving = 0, saved = text.value, asked = 0;
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
    if (text.value === saved) return;
    const value = text.value, fields = Object.fromEntries(new FormData(note));
    let answer;
    try { answer = await post("/note", { ...fields, value }, "application/json"); } catch { answer = { ok: false }; }
    if (answer.status === 409) {
      said.textContent = "Changed in another window; this was not saved. Copy your words, then load this page again.";
      return;
    }
    if (!answer.ok) { said.textContent = "Not saved. Is the desk still running?"; return; }
    const now = await answer.json();
    for (const field of all("input[name=version]")) field.value = now.version;
    for (const field of all("input[name=fingerprint]")) field.value = now.fingerprint;
    saved = value;
    yesIsGone(now.state);
    if (text.value === value) { unsaved.delete(saveSoon); said.textContent = "Saved."; }
    const frame = one("[data-frame] iframe");
    frame.setAttribute("src", frame.getAttribute("src"));
  };
  const saveSoon = () => { saves = saves.then(save); };
  text.addEventListener("input", () => {
    said.textContent = "";
    unsaved.add(saveSoon);
    showNote();
    clearTimeout(saving);
    saving = setTimeout(saveSoon, 700);
  });
  text.addEventListener("change", saveSoon);
  note.addEventListener("submit", event => { event.preventDefault(); saveSoon(); });
  if (text.value.trim()) showNote();
}

// ---- the letter going out
const going = one("[data-going]");
if (going) {
  const events = new EventSource(`/progress?letter=${encodeURIComponent(going.dataset.going)}`);
  events.onmessage = event => {
    const told = JSON.parse(event.data);
    one("progress", going).value = told.done;
    one("[data-done]", going).textContent = told.done.toLocaleString("en");
    one("[data-accepted]", going).textContent = told.accepted.toLocaleString("en");
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
