// Warns before the server signs somebody out who is away. The server alone decides: this only asks how long is left.

const WARNING_SECONDS = 120;
// The server writes down at most this often that somebody is there: a page may have less time left than the whole.
const SLACK_SECONDS = 120;
const LISTEN_SECONDS = 15;
const BACKGROUND = { "X-Background": "true" };

const inWords = (seconds) => {
  const [number, unit] = seconds > 60 ? [Math.ceil(seconds / 60), "minute"] : [Math.ceil(seconds / 30) * 30, "second"];
  return unit === "second" && number > 30 ? "1 minute" : `${number} ${unit}s`;
};

/** Watch over the session of a page that has the dialog. */
export function watch(dialog) {
  if (!dialog?.showModal || dialog.dataset.watched) return;
  dialog.dataset.watched = "yes";
  const { presence, signIn, seconds } = dialog.dataset;
  const [form] = dialog.querySelectorAll("form");
  const left = dialog.querySelector("[data-left]");
  const warning = Math.min(WARNING_SECONDS, seconds / 2);
  let endsAt = 0;
  let heardAt = Date.now();
  let timer;

  const later = (act, wait) => {
    clearTimeout(timer);
    timer = setTimeout(act, Math.max(wait, 0) * 1000);
  };

  // Another tab may have stayed, signed out, or signed in again: the server knows.
  const ask = async (options) => {
    if (!dialog.isConnected) return;
    try {
      const answer = await fetch(presence, { cache: "no-store", ...options });
      if (!answer.ok) throw new Error(answer.statusText);
      heardAt = Date.now();
      plan((await answer.json()).seconds_left);
    } catch {
      if (endsAt && Date.now() >= endsAt) leave();
      else later(check, LISTEN_SECONDS);
    }
  };
  const check = () => ask({ headers: BACKGROUND });
  const stay = () => ask({ method: "POST", headers: { "X-CSRFToken": form.elements.csrf_token.value } });
  const leave = () => location.assign(signIn);

  const plan = (secondsLeft) => {
    endsAt = Date.now() + secondsLeft * 1000;
    if (secondsLeft <= 0) return leave();
    if (secondsLeft > warning) {
      dialog.close();
      return later(check, secondsLeft - warning);
    }
    const words = inWords(secondsLeft);
    if (left.textContent !== words) left.textContent = words;
    if (!dialog.open) dialog.showModal();
    later(check, Math.min(LISTEN_SECONDS, secondsLeft));
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    stay();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    stay();
  });
  // Who writes for long is there, although nothing is sent.
  for (const act of ["keydown", "pointerdown"]) {
    document.addEventListener(act, () => {
      if (dialog.open || Date.now() - heardAt < SLACK_SECONDS * 1000) return;
      heardAt = Date.now();
      stay();
    });
  }
  // A device that slept, or a page that was come back to, may be late.
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && check());
  addEventListener("pageshow", ({ persisted }) => persisted && check());

  later(check, seconds - warning - Math.min(SLACK_SECONDS, seconds / 4));
}
