// Keeps what is typed into a form with `data-keep`, while it is typed: whatever happens to the page, it is there again.

const PAUSE_MILLISECONDS = 1000;

/** Watch over the forms of a page; each is sent to the address that it names, and nothing is awaited. */
export function keep(scope) {
  const waiting = new Map();
  const send = (form) => {
    if (!waiting.has(form)) return;
    clearTimeout(waiting.get(form));
    waiting.delete(form);
    navigator.sendBeacon(form.dataset.keep, new FormData(form));
  };
  scope.addEventListener("input", ({ target }) => {
    const form = target.form;
    if (!form?.dataset.keep) return;
    clearTimeout(waiting.get(form));
    waiting.set(
      form,
      setTimeout(() => send(form), PAUSE_MILLISECONDS),
    );
  });
  // The form itself brings everything.
  scope.addEventListener("submit", ({ target }) => {
    clearTimeout(waiting.get(target));
    waiting.delete(target);
  });
  addEventListener("pagehide", () => [...waiting.keys()].forEach(send));
  // The address shows what is kept, too: going back to a form that was refused sends nothing anew.
  if (scope.querySelector("form[data-keep]")) history.replaceState(history.state, "", location.href);
}
