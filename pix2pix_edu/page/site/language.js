// The page in another language: its own texts and those of its figures, from a catalogue beside it. In English nothing is loaded.

import { say, speak } from "./words.js";

const READ = ["alt", "aria-label", "placeholder", "title"]; // the attributes that a person reads or hears

/** Speak the language that the address asks for (?lang=zh), or else that of the page. The catalogue is in this folder. */
export async function speakLanguage(folder = ".") {
  const language = new URLSearchParams(location.search).get("lang") ?? document.documentElement.lang;
  if (!language.startsWith("zh")) return;
  const response = await fetch(`${folder}/zh.json`).catch(() => null);
  if (!response?.ok) return; // the page stays English
  speak(await response.json());
  translateTexts(document.documentElement);
  document.documentElement.lang = "zh-CN";
}

function translateTexts(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = translated(walker.currentNode.data);
  for (const name of READ) {
    for (const element of root.querySelectorAll(`[${name}]`)) element.setAttribute(name, translated(element.getAttribute(name)));
  }
}

/** A text in the other language; the white space around it stays. */
function translated(text) {
  const words = text.trim();
  return words && text.replace(words, () => say(words.replace(/\s+/g, " ")));
}
