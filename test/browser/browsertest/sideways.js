(() => {
  const out = [], root = document.documentElement;
  const where = (el) => el.tagName.toLowerCase() + (el.id ? "#" + el.id : "") + [...el.classList].map((c) => "." + c).join("");
  const say = (el, why) => out.push({ Text: (el.textContent || "").trim().slice(0, 60), Where: where(el), Why: why });
  if (root.scrollWidth > root.clientWidth) say(root, `the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);
  for (const el of document.body.querySelectorAll("*")) {
    if (!el.checkVisibility() || el.closest("[data-sideways]")) continue;
    const box = el.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1) continue; // for screen readers alone
    if (/auto|scroll/.test(getComputedStyle(el).overflowX) && el.scrollWidth > el.clientWidth + 1 && el.tagName !== "TEXTAREA") {
      say(el, `it is ${el.scrollWidth} wide in a frame of ${el.clientWidth}`);
    }
    if (box.right > innerWidth + 1 || box.left < -1) say(el, `it reaches from ${box.left} to ${box.right} in a window of ${innerWidth}`);
  }
  return out;
})()
