// What must hold on a page that people read: returns what does not, in words.
const problems = [];
const say = (what, element) => problems.push(what + ": " + (element ? element.outerHTML.slice(0, 160) : ""));
const all = (selector) => [...document.querySelectorAll(selector)];
const isSeen = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";

if (!document.documentElement.lang) say("the page has no language");
if (!document.title.trim()) say("the page has no title");
if (all("main").length !== 1) say("there is not one main part");
if (all("h1").length !== 1) say("there is not one first heading");
let level = 1;
for (const heading of all("h1, h2, h3, h4, h5, h6")) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) say("a level of headings is left out", heading);
  level = own;
}
const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > width + 1) {
  say("the page is wider than the window: " + document.documentElement.scrollWidth + " of " + width,
    all("body *").find((element) => isSeen(element) && element.getBoundingClientRect().right > width + 1));
}
const ids = all("[id]").map((element) => element.id);
if (new Set(ids).size !== ids.length) say("two elements have one id");
for (const field of all("input, select, textarea")) {
  if (!field.labels.length || !field.labels[0].textContent.trim()) say("a field has no label", field);
}
for (const link of all("a, button, summary")) if (!link.textContent.trim()) say("a link or button has no text", link);
for (const link of all("a[href^='#']")) if (!document.getElementById(link.hash.slice(1))) say("a link leads nowhere", link);
for (const image of all("[role=img], img")) if (!image.getAttribute("aria-label") && !image.alt) say("an image has no text", image);
for (const nav of all("nav")) if (!nav.getAttribute("aria-label")) say("a navigation has no name", nav);
for (const table of all("table")) {
  if (!table.tHead) say("a table has no head", table);
  for (const head of table.querySelectorAll("th")) if (!head.scope) say("a head of a table has no scope", head);
}
for (const list of all("ul, ol")) {
  for (const child of list.children) if (child.tagName !== "LI") say("a list has something else than entries", child);
}
for (const badge of all(".state, .risk, .mark")) if (isSeen(badge) && badge.getClientRects().length > 1) say("a badge is torn", badge);

const channels = (color) => {
  const numbers = color.match(/[\d.]+/g).map(Number);
  return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
};
const light = (rgb) => {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const backOf = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const back = channels(getComputedStyle(at).backgroundColor);
    if (back.alpha === 1) return back.rgb;
  }
  return [255, 255, 255];
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const known = new Set();
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || known.has(element) || !isSeen(element) || element.closest("noscript, option")) continue;
  known.add(element);
  const style = getComputedStyle(element);
  const [a, b] = [light(channels(style.color).rgb), light(backOf(element))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (isLarge ? 3 : 4.5)) say("contrast of " + ratio.toFixed(2), element);
}
return problems.slice(0, 10);
