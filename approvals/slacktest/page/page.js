"use strict";

// The server renders every piece of HTML; this file fetches pieces, puts them
// in place and sends what the person does. It never builds HTML from text.

const $ = (id) => document.getElementById(id);
const here = { user: document.body.dataset.user, channel: document.body.dataset.channel, thread: document.body.dataset.thread };
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

function fragment(html) {
  const t = document.createElement("template");
  t.innerHTML = html;
  return t.content.firstElementChild;
}

// One refresh runs at a time; a change that arrives meanwhile causes one more.
let running = false, again = false;
async function refresh() {
  if (running) { again = true; return; }
  running = true;
  try {
    do {
      again = false;
      const q = new URLSearchParams({ ...here, tz: zone });
      const r = await fetch("/page/state?" + q);
      if (r.ok) apply(await r.json());
    } while (again);
  } catch { /* the event stream reconnects and asks again */ }
  running = false;
}

const drawn = new Map(); // id -> html, to leave unchanged pieces alone
function apply(state) {
  if (state.user !== here.user || state.channel !== here.channel) { again = true; return; }
  for (const [id, html] of [["head", state.head], ["channels", state.channels], ["status", state.status]]) {
    if (drawn.get(id) === html) continue;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    // Replacing what has not changed would take it away under a finger.
    if ($(id).innerHTML !== fresh.innerHTML) $(id).innerHTML = html;
    drawn.set(id, html);
  }
  $("closed").textContent = state.closed;
  $("closed").hidden = !state.closed;
  for (const el of $("compose").querySelectorAll("input, button")) el.disabled = Boolean(state.closed);
  messages($("messages"), state.messages);
  messages($("replies"), state.thread);
  $("thread").hidden = !state.thread.length;
  document.body.classList.toggle("threaded", state.thread.length > 0);
  dialog(state.dialog);
}

function messages(box, list) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  const had = box.childElementCount;
  const keep = new Set(list.map((m) => m.key));
  for (const old of [...box.children]) if (!keep.has(old.dataset.ts)) { drawn.delete(box.id + old.dataset.ts); old.remove(); }
  let before = null;
  for (const m of list) {
    let node = [...box.children].find((c) => c.dataset.ts === m.key);
    if (!node || drawn.get(box.id + m.key) !== m.html) {
      drawn.set(box.id + m.key, m.html);
      const fresh = fragment(m.html);
      // What a person has opened stays open, and is no difference.
      const opened = [...(node?.querySelectorAll("details") || [])].map((d) => d.open);
      fresh.querySelectorAll("details").forEach((d, i) => { d.open = Boolean(opened[i]); });
      if (node?.isEqualNode(fresh)) { before = node; continue; }
      const focused = node && node.contains(document.activeElement) ? document.activeElement.dataset.act : null;
      if (node) node.replaceWith(fresh); else before ? before.after(fresh) : box.prepend(fresh);
      if (focused) fresh.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
      node = fresh;
    }
    before = node;
  }
  if (atEnd && list.length > had) box.scrollTop = box.scrollHeight;
}

function dialog(piece) {
  const box = $("dialogs"), old = box.firstElementChild;
  if (!piece) { old?.close(); old?.remove(); return; }
  const fresh = fragment(piece.html);
  if (old && old.dataset.view === fresh.dataset.view && old.dataset.hash === fresh.dataset.hash) {
    if (!old.open) open(old);
    return; // the same view: leave what is being typed
  }
  if (old) { keepTyped(old, fresh); old.close(); old.remove(); }
  box.append(fresh);
  open(fresh);
}

function open(d) {
  d.showModal();
  // Nothing that commits has the first focus.
  (d.querySelector("[data-input]") || d.querySelector("[data-close]"))?.focus();
}

// What a person typed survives an update that keeps the block and action.
function keepTyped(from, to) {
  for (const was of from.querySelectorAll("input[data-input], textarea[data-input], select[data-input]")) {
    const now = to.querySelector(`[id="${CSS.escape(was.id)}"]`);
    if (now && from.dataset.view === to.dataset.view) now.value = was.value;
  }
}

async function send(path, body) {
  try {
    const r = await fetch("/page/" + path, {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user: here.user, ...body }),
    });
    return r.ok ? await r.json() : { acked: false, notice: await r.text() };
  } catch { return { acked: false, notice: "The fake Slack cannot be reached." }; }
}

function trouble(box, text) {
  const p = box.querySelector(":scope > .trouble, :scope > .body > .trouble, :scope > form > .trouble");
  if (!p) return;
  p.textContent = text || "";
  p.hidden = !text;
}

function ask(el) {
  if (!el.dataset.confirmTitle) return Promise.resolve(true);
  const d = $("confirm");
  for (const part of ["title", "text", "yes", "no"]) {
    $("confirm-" + part).textContent = el.dataset["confirm" + part[0].toUpperCase() + part.slice(1)];
  }
  $("confirm-yes").className = "btn " + (el.dataset.confirmStyle || "primary");
  return new Promise((resolve) => {
    const end = (yes) => { d.onclose = null; d.close(); resolve(yes); el.focus(); };
    $("confirm-yes").onclick = () => end(true);
    $("confirm-no").onclick = () => end(false);
    d.onclose = () => resolve(false);
    d.showModal();
    $("confirm-no").focus();
  });
}

async function press(el, value) {
  if (el.getAttribute("aria-busy") === "true" || !(await ask(el))) return;
  if (el.dataset.url) window.open(el.dataset.url, "_blank", "noopener,noreferrer");
  const box = el.closest(".message, .modal");
  el.setAttribute("aria-busy", "true");
  trouble(box, "");
  const out = await send("press", {
    channel: box.dataset.in || "", ts: box.dataset.ts || "", view: box.dataset.view || "",
    block: el.dataset.block, action: el.dataset.act, value,
  });
  el.removeAttribute("aria-busy");
  const now = document.querySelector(`.message[data-ts="${CSS.escape(box.dataset.ts || "")}"]`) || box;
  trouble(now, out.acked ? "" : out.notice);
}

function valueOf(el) {
  if (el.tagName === "FIELDSET") return [...el.querySelectorAll(":checked")].map((i) => i.value).join("\n");
  if (el.multiple) return [...el.selectedOptions].map((o) => o.value).join("\n");
  return el.value;
}

async function submit(modal) {
  const values = {};
  for (const el of modal.querySelectorAll("[data-input]")) (values[el.dataset.block] ??= {})[el.dataset.act] = valueOf(el);
  const button = modal.querySelector("[type=submit]");
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  const out = await send("submit", { view: modal.dataset.view, values });
  button.removeAttribute("aria-busy");
  for (const field of modal.querySelectorAll("[data-field]")) {
    const text = (out.errors || {})[field.dataset.field], p = field.querySelector(".error");
    p.textContent = text || "";
    p.hidden = !text;
    field.classList.toggle("wrong", Boolean(text));
  }
  trouble(modal, out.notice);
  modal.querySelector(".wrong [data-input]")?.focus();
}

async function say() {
  const input = $("text"), text = input.value;
  if (!text.trim() || input.disabled) return;
  input.value = "";
  trouble($("compose"), "");
  const out = await send("say", { channel: here.channel, text });
  if (out.acked && !out.notice) return;
  trouble($("compose"), out.notice);
  input.value ||= text; // what failed can be sent again
}

document.addEventListener("click", (e) => {
  const thread = e.target.closest("[data-thread]");
  if (thread && thread !== document.body) return go({ thread: thread.dataset.thread });
  if (e.target.closest("#thread-close")) return closeThread();
  const button = e.target.closest("[data-press]");
  if (button) return press(button, "");
  const close = e.target.closest("[data-close]");
  if (close) return send("close", { view: close.closest(".modal").dataset.view });
  const link = e.target.closest("a[data-channel]");
  if (link && !e.metaKey && !e.ctrlKey) { e.preventDefault(); go({ channel: link.dataset.channel, thread: "" }); }
});
document.addEventListener("submit", (e) => {
  e.preventDefault();
  if (e.target.id === "compose") return say();
  submit(e.target.closest(".modal"));
});
document.addEventListener("keydown", (e) => {
  if (e.key === "Escape" && here.thread && !document.querySelector("dialog:modal")) closeThread();
});
document.addEventListener("change", (e) => {
  if (e.target.id === "user") return go({ user: e.target.value });
  if (e.target.matches("[data-change]") && e.target.value) press(e.target, e.target.value);
});
// Escape closes a modal at the server too; the next state takes it away.
document.addEventListener("cancel", (e) => {
  if (!e.target.matches(".modal")) return;
  e.preventDefault();
  send("close", { view: e.target.dataset.view });
}, true);

function closeThread() {
  const opener = document.querySelector(`#messages [data-thread="${CSS.escape(here.thread)}"]`);
  go({ thread: "" });
  opener?.focus();
}

function go(change) {
  Object.assign(here, change);
  const q = new URLSearchParams({ channel: here.channel, user: here.user });
  if (here.thread) q.set("thread", here.thread);
  history.replaceState(null, "", "?" + q);
  refresh();
}

document.body.classList.toggle("threaded", Boolean(here.thread));
const shown = $("dialogs").firstElementChild;
if (shown) open(shown);
$("messages").scrollTop = $("messages").scrollHeight;
new EventSource("/page/events").onmessage = refresh;
