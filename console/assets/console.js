// The script of the approval page: passkeys, injected wallets, and looking again
// for what has changed. It renders no text as markup and loads nothing.
"use strict";

const toURL64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const fromURL64 = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const toHex = (bytes) => "0x" + Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.slice(2).match(/../g), (pair) => parseInt(pair, 16));

// ask speaks to the API. An error is the sentence that the server gives.
async function ask(path, body) {
  const options = { headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer. Nothing is known to be recorded; try again.");
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(said.detail || "The server refused, with status " + answer.status + "."), { status: answer.status });
  return said;
}

// --- signing ---

// passkey signs the digest of a sheet as its challenge.
async function passkey(sheet, who) {
  const made = await navigator.credentials.get({ publicKey: {
    challenge: fromHex(sheet.digest), rpId: who.rp_id, timeout: 120000, userVerification: "required",
    allowCredentials: who.credentials.map((id) => ({ type: "public-key", id: fromURL64(id) })),
  } });
  return {
    guardian: who.person, type: "webauthn", signature: toHex(made.response.signature), credential_id: toURL64(made.rawId),
    authenticator_data: toHex(made.response.authenticatorData), client_data_json: toHex(made.response.clientDataJSON),
  };
}

// Wallets that announce themselves (EIP-6963); the old way is the last resort.
const announced = [];
addEventListener("eip6963:announceProvider", (event) => {
  if (!announced.some((one) => one.provider === event.detail.provider)) announced.push(event.detail);
  showWallets();
});
dispatchEvent(new Event("eip6963:requestProvider"));

const wallets = () => announced.length > 0 ? announced.map((one) => one.provider) : window.ethereum ? [window.ethereum] : [];

function showWallets() {
  if (wallets().length > 0) for (const button of document.querySelectorAll("[data-how=wallet]")) button.hidden = false;
}

// wallet has an injected wallet sign the typed data of a sheet. Of several, the
// first that holds an address of the person signs.
async function wallet(sheet, who) {
  const known = (who.wallets || []).map((address) => address.toLowerCase());
  let chosen;
  for (const provider of wallets()) {
    for (const address of await provider.request({ method: "eth_requestAccounts" })) {
      if (!chosen && (known.length === 0 || known.includes(address.toLowerCase()))) chosen = { provider, address };
    }
    if (chosen) break;
  }
  if (!chosen) throw new Error("No wallet in this browser holds an address that is enrolled for you.");
  const chain = sheet.typed_data.domain.chainId;
  if (chain !== undefined) {
    // Wallets sign for the chain that they are on; one that cannot switch says so below.
    await chosen.provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId: "0x" + BigInt(chain).toString(16) }] }).catch(() => {});
  }
  const signature = await chosen.provider.request({ method: "eth_signTypedData_v4", params: [chosen.address, JSON.stringify(sheet.typed_data)] });
  return { guardian: who.person, type: "eip712", signature };
}

const signers = { passkey, wallet };

function inWords(problem) {
  if (problem.name === "NotAllowedError") return "The passkey was not used: it was cancelled, took too long, or is on another device. Nothing was recorded.";
  if (problem.name === "SecurityError") return "Your browser refuses passkeys here. Look at the address of the page. Nothing was recorded.";
  if (problem.code === 4001) return "The wallet was told not to sign. Nothing was recorded.";
  return problem.message || "It did not work. Nothing is known to be recorded.";
}

// --- doing one thing at a time ---

let busy = false;

// work runs one thing that a person asked for and says what came of it.
async function work(status, buttons, todo) {
  if (busy) return;
  busy = true;
  for (const button of buttons) button.disabled = true;
  const say = (text, bad) => { status.textContent = text; status.classList.toggle("bad", Boolean(bad)); };
  try {
    await todo(say);
  } catch (problem) {
    say(inWords(problem), true);
  } finally {
    busy = false;
    for (const button of buttons) button.disabled = false;
  }
}

async function signIn(form, how, say) {
  const person = form.elements.person.value.trim();
  say("Asking for something to sign.");
  const given = await ask("/api/v1/session/challenge", { person });
  if (given.origin !== location.origin) throw new Error("This page is not the site that it says it is. Stop, and tell the others.");
  say(how === "passkey" ? "Use your passkey now." : "Sign in your wallet now.");
  const signature = await signers[how](given.sheet, { person, rp_id: given.rp_id, credentials: given.credentials });
  await ask("/api/v1/session", { person, nonce: given.nonce, signature });
  say("Signed in.");
  location.replace(form.dataset.back);
}

async function enrol(form, say) {
  const person = form.elements.person.value.trim();
  const given = await ask("/api/v1/enrol/challenge", { person });
  say("Your device asks who you are.");
  const made = await navigator.credentials.create({ publicKey: {
    challenge: fromURL64(given.challenge), rp: { id: given.rp_id, name: "Firebreak" },
    user: { id: fromURL64(given.user_id), name: person, displayName: person },
    pubKeyCredParams: [{ type: "public-key", alg: -7 }], attestation: "none", timeout: 120000,
    authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
  } });
  const done = await ask("/api/v1/enrol", { person, nonce: given.nonce, credential: {
    id: made.id, rawId: toURL64(made.rawId), type: made.type, clientExtensionResults: made.getClientExtensionResults(),
    response: { clientDataJSON: toURL64(made.response.clientDataJSON), attestationObject: toURL64(made.response.attestationObject) },
  } });
  say("Made. Your entry is below.");
  document.getElementById("enrolled-words").textContent = done.words;
  document.getElementById("enrolled-entry").textContent = JSON.stringify(done.entry, null, 2);
  const section = document.getElementById("enrolled");
  section.hidden = false;
  section.focus();
}

// counts tells whether a signature is of a passkey that counts its uses. The key
// in Vault takes such signatures in their order alone.
const counts = (signature) => /^0x.{66}(?!0{8})/.test(signature.authenticator_data || "");

// turn waits for a tap before another signature: browsers want one for each, and
// a person wants to know what the next one is for.
function turn(sheet, number, all, last) {
  const place = document.getElementById("next");
  const list = document.createElement("ul");
  for (const line of sheet.lines || []) list.append(Object.assign(document.createElement("li"), { textContent: line }));
  const title = Object.assign(document.createElement("p"), { textContent: sheet.title });
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: `Sign ${number} of ${all}`, className: "primary" });
  const note = Object.assign(document.createElement("p"), { className: "note", hidden: !counts(last),
    textContent: "Your passkey counts its uses. If the calls are sent in another order than you sign them, the key refuses some of them. A wallet and a synced passkey have no such limit." });
  place.replaceChildren(title, list, note, button);
  place.hidden = false;
  button.focus();
  return new Promise((go) => button.addEventListener("click", () => { place.hidden = true; place.replaceChildren(); go(); }, { once: true }));
}

async function vote(answer, button, say) {
  const { vote: decision, how } = button.dataset;
  const path = "/api/v1/requests/" + answer.dataset.request;
  const reason = decision === "deny" ? answer.querySelector("#reason").value.trim() : "";
  if (decision === "deny" && reason === "") throw new Error("Say why you deny it: the others read it.");
  say("Writing what you sign.");
  const who = await ask("/api/v1/session");
  if (how === "passkey" && who.credentials.length === 0) throw new Error("No passkey of this site is enrolled for you. Use a wallet, or enrol one.");
  const paper = await ask(path + "/paper", { decision, reason });
  if (paper.digest !== answer.dataset.digest) throw new Error("The request has changed while you read it. Load the page again and read it anew.");
  const signatures = [];
  for (const [i, sheet] of paper.sheets.entries()) {
    if (i > 0) {
      say(`Signature ${i + 1} of ${paper.sheets.length} is next.`);
      await turn(sheet, i + 1, paper.sheets.length, signatures[i - 1]);
    }
    say("Sign now. " + sheet.title);
    signatures.push(await signers[how](sheet, who));
  }
  say("Recording your vote.");
  const done = await ask(path + "/vote", { paper: { id: paper.id, issued: paper.issued, decision: paper.decision, reason: paper.reason || "" }, signatures });
  await look(true);
  let status = document.getElementById("progress");
  if (!status) { // the request has ended, and with it the place to answer
    status = Object.assign(document.createElement("p"), { className: "status" });
    status.setAttribute("role", "status");
    document.getElementById("main").prepend(status);
  }
  status.tabIndex = -1;
  status.focus(); // the page is shorter now, and this must be in sight
  status.textContent = (decision === "approve" ? "Your approval is recorded. " : "Your denial is recorded. ") + done.request.sentence;
}

// --- looking again ---

// look asks for this page again and shows what has changed. It never takes the
// page away from somebody who signs or has opened an answer.
async function look(now) {
  const main = document.getElementById("main");
  if (!now && (busy || document.hidden || document.body.dataset.person === "")) return;
  const answer = await fetch(location.href, { headers: { "If-None-Match": `"${main.dataset.mark}"` }, credentials: "same-origin", cache: "no-store" }).catch(() => null);
  if (!answer || answer.status !== 200) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("main");
  if (!fresh || fresh.dataset.mark === main.dataset.mark || (!now && busy)) return;
  if (!now && main.querySelector("details[open]")) {
    document.getElementById("progress").textContent = "This request has changed since you opened your answer. Close the answer to see it as it is now.";
    return;
  }
  for (const [old, made] of [[main, fresh], [document.querySelector("header"), page.querySelector("header")]]) {
    if (old.isEqualNode(made)) continue; // do not take a button away from under a finger
    old.replaceChildren(...Array.from(made.childNodes, (node) => document.importNode(node, true)));
  }
  document.body.dataset.person = page.body.dataset.person;
  document.title = page.title;
  main.dataset.mark = fresh.dataset.mark;
  if (!now) {
    const news = Object.assign(document.createElement("p"), { id: "news", className: "status" });
    news.setAttribute("role", "status");
    main.prepend(news);
    news.textContent = "This page has changed just now.";
  }
  dress();
}

// dress adds what the server cannot know: the reader's own time, and wallets.
function dress() {
  showWallets();
  for (const time of document.querySelectorAll("time[datetime]:not([data-dressed])")) {
    time.dataset.dressed = "";
    if (new Date().getTimezoneOffset() === 0) continue;
    const local = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
    time.after(` (${local} here)`);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  event.preventDefault();
  const status = form.querySelector(".status");
  const how = event.submitter?.dataset.how || "passkey";
  work(status, form.querySelectorAll("button"), (say) => form.dataset.form === "enrol" ? enrol(form, say) : signIn(form, how, say));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.vote) {
    const answer = button.closest("#answer");
    work(answer.querySelector(".status"), answer.querySelectorAll("[data-vote]"), (say) => vote(answer, button, say));
  }
  if (button?.dataset.act === "sign-out") ask("/api/v1/session/end", {}).finally(() => location.replace("/"));
});

// A link from elsewhere comes without the cookie, which stays within this site.
// Who has a session all the same gets the page.
if (document.querySelector("[data-locked]")) {
  look(true);
}
setInterval(() => look(false), 5000);
dress();
