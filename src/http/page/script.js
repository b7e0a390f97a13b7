// Fetches the figures anew, and says so when they do not come.
"use strict";
const main = document.querySelector("main");
const stale = document.querySelector("#stale");
let answered = Date.now();

function tell() {
  document.title = main.firstElementChild.dataset.title;
}

async function refresh() {
  try {
    // Without what the address may hold of a name and a token.
    const response = await fetch(`${location.origin}/figures`, { signal: AbortSignal.timeout(15000) });
    if (!response.ok) throw new Error(response.status);
    main.innerHTML = await response.text();
    answered = Date.now();
    stale.hidden = true;
    tell();
  } catch {
    const seconds = Math.round((Date.now() - answered) / 1000);
    stale.textContent = `The daemon has not answered for ${seconds} s: what is shown here is that old.`;
    stale.hidden = false;
    document.title = "? No answer · heymilo-sync";
  }
  setTimeout(refresh, document.hidden ? 30000 : 3000);
}

tell();
setTimeout(refresh, 3000);
