// The figures of pix2pix_edu/play on the pages of the site: each is built when it comes near the window, from the playground's own modules.

const CHINESE = document.documentElement.lang.startsWith("zh"); // those pages are one folder further in
const HOME = new URL(CHINESE ? "../../" : "../", import.meta.url);
const PLAYGROUND = new URL("playground/", HOME);
const STYLES = ["play.css", "board.css", "figures.css", "draw.css"];
const NEAR = "600px"; // how far below the window a figure is prepared

/** Addresses within the playground begin with figures/ there; a page of the site is elsewhere. */
function resolve(content) {
  if (typeof content === "string") return content.startsWith("figures/") ? new URL(content, PLAYGROUND).href : content;
  if (Array.isArray(content)) return content.map(resolve);
  return content && typeof content === "object" ? Object.fromEntries(Object.entries(content).map(([key, each]) => [key, resolve(each)])) : content;
}

async function read(address) {
  const response = await fetch(new URL(address, HOME));
  if (!response.ok) throw new Error(`${address} did not load (${response.status})`);
  return resolve(await response.json());
}

async function build(place) {
  const { figure, content, state } = place.dataset;
  try {
    const [module, { openNetworks }, data] = await Promise.all([import(`${PLAYGROUND}${figure}.js`), import(`${PLAYGROUND}onnx.js`), read(content)]);
    const create = module[`create${figure[0].toUpperCase()}${figure.slice(1)}`];
    const helpers = { run: openNetworks(data), load: async (file) => `${PLAYGROUND}gallery/${file}.avif` };
    place.replaceChildren(create(data, JSON.parse(state), () => {}, helpers).element);
    place.classList.add("alive");
  } catch (error) {
    const words = CHINESE ? `这个图没有加载成功：${error.message}。请重新加载页面。` : `This figure did not load: ${error.message}. Load the page again to try once more.`;
    place.replaceChildren(Object.assign(document.createElement("p"), { textContent: words }));
  }
}

/** On a Chinese page the figures speak Chinese. */
async function speakChinese() {
  const [{ speak }, texts] = await Promise.all([import(`${PLAYGROUND}words.js`), read("playground/zh.json")]);
  speak(texts);
}

const places = document.querySelectorAll(".explorable");
if (places.length) {
  if (CHINESE) await speakChinese().catch(() => {}); // without its catalogue a figure stays English
  for (const style of STYLES) document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: `${PLAYGROUND}${style}` }));
}
const watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    build(target);
  }
}, { rootMargin: NEAR });
for (const place of places) watcher.observe(place);
