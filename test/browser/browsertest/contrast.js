(() => {
  // A canvas reads every way in which a colour can be written.
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const read = (css) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = "#000";
    pen.fillStyle = css;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return { r, g, b, a: a / 255 };
  };
  const over = (top, under) => {
    const mix = (x, y) => x * top.a + y * (1 - top.a);
    return { r: mix(top.r, under.r), g: mix(top.g, under.g), b: mix(top.b, under.b), a: 1 };
  };
  const light = (c) => {
    const [r, g, b] = [c.r, c.g, c.b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [hi, lo] = [light(a), light(b)].sort((x, y) => y - x);
    return (hi + 0.05) / (lo + 0.05);
  };
  const canvas = read(getComputedStyle(document.documentElement).colorScheme.includes("dark") &&
    matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#fff");
  // What is behind an element: its own and its ancestors' grounds, laid over one
  // another. A picture behind text cannot be judged and is a finding.
  const ground = (el) => {
    const layers = [];
    for (let e = el; e; e = e.parentElement) {
      const s = getComputedStyle(e);
      if (s.backgroundImage !== "none") return { picture: true };
      const c = read(s.backgroundColor);
      if (c.a > 0) layers.push(c);
      if (c.a === 1) break;
    }
    return layers.reduceRight((under, top) => over(top, under), canvas);
  };
  const opacity = (el) => { let o = 1; for (let e = el; e; e = e.parentElement) o *= +getComputedStyle(e).opacity; return o; };
  const where = (el) => el.tagName.toLowerCase() + (el.id ? "#" + el.id : "") + [...el.classList].map((c) => "." + c).join("");

  const root = [...document.querySelectorAll("dialog:modal")].pop() || document.body;
  const out = { Checked: 0, Findings: [] };
  const judge = (el, text, css) => {
    const s = getComputedStyle(el), size = parseFloat(s.fontSize);
    if (!size || el.closest(":disabled, [aria-disabled=true]")) return;
    out.Checked++;
    const behind = ground(el);
    const say = (why) => out.Findings.push({ Text: text.trim().slice(0, 60), Where: where(el), Why: why });
    if (behind.picture) return say("there is a picture behind it");
    const ink = read(css);
    ink.a *= opacity(el);
    const got = ratio(over(ink, behind), behind);
    const large = size >= 24 || (size >= 18.66 && +s.fontWeight >= 700);
    if (got < (large ? 3 : 4.5)) say(`${got.toFixed(2)} to 1, ${css} at ${size}px`);
  };
  const shown = (el, box) => el.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1 &&
    !el.closest("[hidden]") && !hiddenFromSight(el);
  // The usual way of speaking to screen readers alone: one pixel, clipped.
  const hiddenFromSight = (el) => {
    for (let e = el; e && e !== document.body; e = e.parentElement) {
      const b = e.getBoundingClientRect();
      if (b.width <= 1 && b.height <= 1 && getComputedStyle(e).overflow !== "visible") return true;
    }
    return false;
  };
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, el = node.parentElement;
    if (!el || !node.data.trim() || ["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE"].includes(el.tagName)) continue;
    if (el.tagName === "OPTION" || el.tagName === "TEXTAREA") continue; // judged with their control
    const range = document.createRange();
    range.selectNodeContents(node);
    if (shown(el, range.getBoundingClientRect())) judge(el, node.data, getComputedStyle(el).color);
  }
  for (const el of root.querySelectorAll("input, textarea, select")) {
    if (!shown(el, el.getBoundingClientRect())) continue;
    const text = el.tagName === "SELECT" ? el.selectedOptions[0]?.text : el.value;
    if (text && el.type !== "radio" && el.type !== "checkbox") judge(el, text, getComputedStyle(el).color);
    else if (el.placeholder) judge(el, el.placeholder, getComputedStyle(el, "::placeholder").color);
  }
  return out;
})()
