// Fetches the figures anew, and says so when they do not come.
"use strict";
const main = document.querySelector("main");
const stale = document.querySelector("#stale");
let answered = Date.now();

function tell() {
  document.title = main.firstElementChild.dataset.title;
}

// The page is not replaced while a reader selects text or types.
function isInUse() {
  const selection = getSelection();
  const isSelecting = !selection.isCollapsed && main.contains(selection.anchorNode);
  return isSelecting || main.contains(document.activeElement);
}

function show(figures) {
  const scrolled = [...main.querySelectorAll(".scroll")].map((box) => box.scrollLeft);
  const [left, top] = [scrollX, scrollY];
  main.innerHTML = figures;
  main.querySelectorAll(".scroll").forEach((box, at) => { box.scrollLeft = scrolled[at] ?? 0; });
  scrollTo(left, top);
}

async function refresh() {
  if (isInUse()) {
    document.title = `‖ Held while in use · heymilo-sync`;
    setTimeout(refresh, 1000);
    return;
  }
  try {
    // Without what the address may hold of a name and a token.
    const response = await fetch(`${location.origin}/figures`, { signal: AbortSignal.timeout(15000) });
    if (!response.ok) throw new Error(response.status);
    const figures = await response.text();
    if (!isInUse()) show(figures);
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
