// What scripts add to the pages; every page works without. `make assets` bundles this file as portal.js.

import {
  Button,
  CharacterCount,
  Checkboxes,
  createAll,
  ErrorSummary,
  Header,
  InitError,
  NotificationBanner,
  PasswordInput,
  Radios,
  SkipLink,
} from "nhsuk-frontend";

import { watch } from "./idle.mjs";
import { keep } from "./keep.mjs";

const EVERYWHERE = [Button, CharacterCount, Checkboxes, ErrorSummary, NotificationBanner, PasswordInput, Radios];
const REFUSED_BY_A_FORM = [400, 409];

// Components that were started before say so by an InitError; anything else is a mistake of ours.
const onError = (error) => error instanceof InitError || console.error(error);
const start = (components, scope) =>
  components.forEach((component) => createAll(component, undefined, { scope, onError }));

start([Header, SkipLink, ...EVERYWHERE], document);
watch(document.getElementById("idle"));
keep(document);

// Nobody can go back to the page of a form that is sent once: its entry in the history becomes a plain visit to its
// address, which leads on to what was made.
document.addEventListener("submit", ({ target, submitter }) => {
  if (target.elements.key && !submitter?.name) history.replaceState(null, "", location.href);
});

// Only a script can open the browser's window for printing: where there is none, the button is not shown.
document.addEventListener("click", ({ target }) => target.closest("[data-print]") && print());

const isByItself = (ctx) => ctx?.sourceEvent?.type === "every";

// What htmx has brought comes alive too, and is announced: a live region that is itself replaced stays silent.
document.addEventListener("htmx:after:swap", ({ detail }) => {
  start([Header, ...EVERYWHERE], document);
  watch(document.getElementById("idle"));
  const announcer = document.getElementById("announcer");
  const part = document.getElementById(detail?.ctx?.target?.id) ?? document.getElementById("main");
  const text = isByItself(detail?.ctx) ? part?.dataset.changed : part?.querySelector("[data-announce]")?.textContent;
  if (announcer) announcer.textContent = (text ?? "").replace(/\s+/g, " ").trim();
});

// What a page asks again and again by itself is no sign that somebody is there; nobody sees a hidden page.
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (!isByItself(ctx)) return;
  if (document.hidden) event.preventDefault();
  ctx.request.headers["X-Background"] = "true";
});

// An address with the filters that are set, not with all that are not.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "GET" || !(ctx.request.body instanceof FormData)) return;
  for (const [name, value] of [...ctx.request.body]) {
    if (value === "") ctx.request.body.delete(name);
  }
});

// Sign-in pages and errors are whole pages: they do not belong into a part of this one. Where the page asked by itself,
// it stays as it is, and asks again.
document.addEventListener("htmx:before:response", (event) => {
  const { ctx } = event.detail;
  const { raw: answer, status } = ctx.response;
  const isElsewhere = answer.redirected && new URL(answer.url).pathname !== location.pathname;
  const isError = status >= 400 && !REFUSED_BY_A_FORM.includes(status);
  if (isByItself(ctx) && (isElsewhere || status >= 400)) {
    event.preventDefault();
  } else if (isElsewhere || (isError && ctx.request.method === "GET")) {
    event.preventDefault();
    location.assign(answer.url);
  } else if (isError) {
    ctx.target = document.body;
    ctx.swap = "innerHTML";
  }
});
