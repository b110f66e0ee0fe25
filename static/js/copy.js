// Puts a button "Copy" above every example, where the browser lets pages write to the clipboard.
"use strict";

const SHOWN_MILLISECONDS = 2000;

for (const code of navigator.clipboard ? document.querySelectorAll(".portal-code") : []) {
  const text = code.querySelector(".portal-code__text");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "portal-code__copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${text.getAttribute("aria-label")}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
    document.getElementById("announcer").textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, SHOWN_MILLISECONDS);
  });
  code.querySelector(".portal-code__head").append(button);
}
