// Shows what the reader sees. It asks for one picture after the other, and never shows anything as current that is older
// than the reader's own limit: the age it counts is what the reader says, plus all the time that the answer was on its way.
"use strict";

const HEAD_BYTES = 16;
const NEVER = 0xffffffff; // the age where there has been no frame yet
const GLANCE = 200; // milliseconds between looks at the clock
const PAUSES = [500, 1000, 2000, 5000]; // milliseconds between attempts to connect
const TOO_MANY = 1013; // the code with which the reader turns us away
const LONG = 14; // characters of the longest line that are shown in the largest type

const element = (id) => document.getElementById(id);
const canvas = element("picture").getContext("bitmaprenderer");
let socket = null;
let view = null; // the last document
let arrived = 0; // when its frame arrived at the reader, on our clock; never later than it was
let heard = 0; // when the last message came
let asked = 0; // when we asked for it
let attempts = 0;
let timer = 0; // of the next attempt
let entry = -1; // the newest reading in the list
let drawn = false; // a picture stands on the canvas

function connect() {
  clearTimeout(timer);
  if (socket || document.hidden) return;
  const address = new URL("api/live", location.href); // below whatever a proxy puts before it
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(address);
  socket = opened;
  opened.binaryType = "arraybuffer";
  opened.onopen = () => { attempts = 0; ask(); };
  opened.onmessage = (message) => take(message.data, opened);
  opened.onclose = (event) => { if (socket === opened) lose(event); };
}

function ask() {
  if (socket && socket.readyState === WebSocket.OPEN) {
    asked = performance.now();
    socket.send("next");
  }
}

async function lose(event) {
  socket = null;
  const pause = event.code === TOO_MANY ? 10000 : PAUSES[Math.min(attempts++, PAUSES.length - 1)];
  if (event.code === TOO_MANY) say("too many are watching", "warn");
  clearTimeout(timer);
  timer = setTimeout(begin, pause);
}

async function take(data, from) {
  const now = performance.now();
  const head = new DataView(data);
  const [age, waited, documentBytes, sheetBytes] = [0, 4, 8, 12].map((at) => head.getUint32(at));
  const onTheWay = Math.max(0, now - asked - waited);
  heard = now;
  arrived = age === NEVER ? -Infinity : now - onTheWay - age;
  let at = HEAD_BYTES;
  const part = (length) => new Uint8Array(data, at, (at += length, length));
  const text = new TextDecoder().decode(part(documentBytes));
  const sheet = part(sheetBytes);
  const picture = part(data.byteLength - at);
  try {
    view = JSON.parse(text);
    await show(sheet, picture);
  } finally {
    if (socket === from) requestAnimationFrame(ask);
  }
}

async function show(sheet, picture) {
  if (picture.length) {
    const image = await createImageBitmap(new Blob([picture], { type: "image/jpeg" }));
    const target = element("picture");
    if (target.width !== image.width || target.height !== image.height) [target.width, target.height] = [image.width, image.height];
    canvas.transferFromImageBitmap(image);
    drawn = true;
    const glyphs = sheet.length ? await createImageBitmap(new Blob([sheet], { type: "image/png" })) : null;
    showGlyphs(view.glyphs, glyphs);
  }
  showNow();
  showRecording(view.recording);
  write(element("source"), view.source);
  element("model").textContent = `${view.model} on ${view.engine}, ${view.event.bundle.sha256.slice(0, 12)}`;
  if (view.newest_entry !== entry) { entry = view.newest_entry; showJournal(); }
}

function showNow() {
  if (!view) return;
  const now = performance.now();
  const age = now - arrived;
  const limit = view.limit_milliseconds;
  const fresh = age <= limit;
  const event = view.event;
  const connected = socket !== null && now - heard <= Math.max(limit, 3000);
  const known = fresh ? event.text || view.known : null;
  const kind = !known ? "none" : event.stable ? "settled" : view.known ? "held" : "unsettled";
  const text = kind === "unsettled" ? withGaps(view.glyphs) : known;
  const reason = !connected ? "connection lost" : event.reason || (fresh ? "" : "stale frame");
  const big = element("text");
  write(big, text || "–");
  big.dataset.kind = kind;
  big.classList.toggle("long", Boolean(text) && Math.max(...text.split("\n").map((line) => line.length)) > LONG);
  write(element("why"), reasonText(reason, kind, event));
  write(element("confidence"), fresh && event.text ? percent(event.confidence) : "–");
  write(element("rate"), fresh ? view.rate.toFixed(1) : "–");
  write(element("age"), ageText(age));
  element("frame").classList.toggle("old", !fresh);
  if (!fresh) element("glyphs").replaceChildren();
  element("veil").hidden = fresh;
  element("veil").textContent = fresh ? "" : drawn ? `${reason}: this picture is ${ageText(age)} old` : "no picture yet";
  say(reason || (event.stable ? "stable" : "reading"), reason ? "warn" : event.stable ? "good" : "wait");
  document.title = kind === "settled" ? `${text.split("\n").join(" / ")} · digits` : "digits";
}

// While nothing has settled, a digit that is doubtful leaves a mark: without it a number would be another one.
function withGaps(glyphs) {
  const lines = [];
  for (const { line, digit } of glyphs) lines[line] = (lines[line] || "") + (digit === null ? "?" : digit);
  return lines.join("\n");
}

function reasonText(reason, kind, event) {
  const refused = event.refused.map((one) => `${one.text.split("\n").join(" / ")} refused: ${one.reason}`);
  if (refused.length) return refused.join("; ");
  if (reason) return kind === "held" ? `${reason}; this was known before` : reason;
  return kind === "unsettled" ? "not settled yet" : "";
}

function showGlyphs(glyphs, sheet) {
  const place = element("glyphs");
  const lines = new Map();
  glyphs.forEach((glyph, number) => {
    if (!lines.has(glyph.line)) lines.set(glyph.line, made("div", "line"));
    lines.get(glyph.line).append(tile(glyph, sheet, number));
  });
  place.replaceChildren(...lines.values());
}

function tile(glyph, sheet, number) {
  const sure = glyph.digit !== null;
  const whole = made("div", sure ? "glyph" : "glyph unsure");
  const image = made("canvas");
  image.width = image.height = 28;
  if (sheet) image.getContext("2d").drawImage(sheet, 28 * number, 0, 28, 28, 0, 0, 28, 28);
  const bar = made("meter");
  bar.value = glyph.confidence;
  bar.setAttribute("aria-label", "confidence");
  const share = made("span", "", percent(glyph.confidence));
  whole.title = sure ? `${glyph.digit}, ${percent(glyph.confidence)}` : `perhaps ${glyph.best}; not sure enough`;
  whole.append(image, made("b", "", sure ? String(glyph.digit) : "?"), share, bar);
  return whole;
}

function showRecording(recording) {
  const button = element("record");
  button.setAttribute("aria-pressed", String(recording.running));
  button.textContent = recording.running ? "Stop recording" : "Record";
  const seconds = Math.floor(recording.seconds);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const last = recording.note || (recording.name ? `recorded ${recording.name}` : "");
  element("recording").textContent = recording.running ? `${clock}  ${recording.name}` : last;
}

async function showJournal() {
  const answer = await fetch("api/journal");
  if (!answer.ok) return;
  const { entries } = await answer.json();
  element("empty").hidden = entries.length > 0;
  const known = new Map([...element("journal").children].map((item) => [item.dataset.key, item]));
  element("journal").replaceChildren(...entries.map((one) => known.get(`${one.number} ${one.time}`) || journalItem(one)));
}

function journalItem(one) {
  const item = made("li");
  item.dataset.key = `${one.number} ${one.time}`;
  const image = made("img");
  image.src = one.picture.slice(1);
  image.alt = "";
  image.loading = "lazy";
  const words = made("div");
  const time = new Date(one.time).toLocaleTimeString();
  words.append(made("b", "", one.text), made("small", "", `${time}, ${percent(one.confidence)}`));
  item.append(image, words);
  return item;
}

function made(kind, classes = "", text = "") {
  const whole = document.createElement(kind);
  if (classes) whole.className = classes;
  if (text) whole.textContent = text;
  return whole;
}

const percent = (share) => `${Math.min(99, Math.floor(100 * share))} %`;

function ageText(age) {
  if (!Number.isFinite(age)) return "–";
  return age < 10000 ? `${(age / 1000).toFixed(2)} s` : age < 600000 ? `${Math.round(age / 1000)} s` : `${Math.round(age / 60000)} min`;
}

// Only what has changed: what is written anew is read out anew.
function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function say(text, kind) {
  write(element("state"), text);
  element("state").dataset.kind = kind;
}

function post(path, body) {
  return fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

async function begin() {
  try {
    const answer = await fetch("api/session");
    const session = await answer.json();
    element("login").hidden = session.open;
    element("view").hidden = !session.open;
    element("leave").hidden = !(session.open && session.token_needed);
    if (session.open) connect();
    else say("token needed", "wait");
  } catch {
    showNow();
    say("connection lost", "warn");
    lose({ code: 0 });
  }
}

element("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await post("api/session", { token: element("token").value });
  element("login-note").textContent = answer.ok ? "" : (await answer.json()).error;
  if (answer.ok) { element("token").value = ""; begin(); }
});

element("leave").addEventListener("click", async () => {
  await post("api/session/end", {});
  location.reload();
});

element("record").addEventListener("click", async () => {
  const wanted = element("record").getAttribute("aria-pressed") !== "true";
  const answer = await post("api/recording", { running: wanted });
  if (!answer.ok) element("recording").textContent = (await answer.json()).error;
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden && socket) {
    const old = socket;
    socket = null; // nobody looks: the reader need not paint
    old.close();
  } else if (!document.hidden) {
    begin();
  }
});

setInterval(showNow, GLANCE);
begin();
