// One slide at a time: arrow keys, Page Up and Page Down, Home and End, two buttons; N shows the notes. The address names the slide.

const slides = [...document.querySelectorAll("section")];
const [back, next, notes, place] = ["back", "next", "notes", "place"].map((name) => document.getElementById(name));
const last = slides.length - 1;
let now = 0;

function show(number) {
  now = Math.max(0, Math.min(last, number));
  slides.forEach((slide, i) => slide.classList.toggle("current", i === now));
  place.textContent = `${now + 1} of ${slides.length}`;
  back.disabled = now === 0;
  next.disabled = now === last;
  history.replaceState(null, "", `#${now + 1}`);
  scrollTo(0, 0);
}

function toggleNotes() {
  const shown = document.documentElement.classList.toggle("noted");
  notes.setAttribute("aria-pressed", shown);
}

const KEYS = {
  ArrowRight: () => show(now + 1),
  PageDown: () => show(now + 1),
  ArrowLeft: () => show(now - 1),
  PageUp: () => show(now - 1),
  Home: () => show(0),
  End: () => show(last),
  n: toggleNotes,
};

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});
back.onclick = KEYS.ArrowLeft;
next.onclick = KEYS.ArrowRight;
notes.onclick = toggleNotes;
addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1 || 0));
document.documentElement.classList.add("js");
show(Number(location.hash.slice(1)) - 1 || 0);
