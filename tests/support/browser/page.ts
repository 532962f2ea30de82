import type { DevTools } from "./devtools.ts";
import { evaluator } from "./evaluate.ts";
import { changes } from "./changes.ts";

/** What can be done with a page. */
export interface Page {
  /** Goes to a URL, and waits until its page is loaded. @throws with Chromium's name of the error, if any */
  open(url: string): Promise<void>;
  /** Clicks with the mouse on an element, as soon as it is there and nothing lies over it. */
  click(selector: string): Promise<void>;
  /** What the page shows (`innerText`). */
  text(): Promise<string>;
  html(): Promise<string>;
  /** What the address bar says, even for a page that could not be loaded. */
  url(): Promise<string>;
  /** Resolves when what the page shows matches. `limit` replaces that of the options. */
  waitForText(pattern: RegExp, limit?: number): Promise<RegExpExecArray>;
  /** Resolves when the address bar matches. */
  waitForUrl(pattern: RegExp, limit?: number): Promise<RegExpExecArray>;
  /** The value of an expression in the page, awaited if it is a promise. It must be JSON. */
  evaluate(expression: string): Promise<unknown>;
}

/** Where the middle of an element is, once it can be clicked. */
const MIDDLE = `((element) => {
  if (element === null || element.disabled) return null;
  element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const { x, y, width, height } = element.getBoundingClientRect();
  const middle = { x: x + width / 2, y: y + height / 2 };
  return element.contains(document.elementFromPoint(middle.x, middle.y)) ? middle : null;
})`;

/** Takes the page that the browser began with. */
export async function followPage(devtools: DevTools, limit: number): Promise<Page> {
  const evaluate = evaluator(devtools);
  const { until, loaded } = await changes(devtools, limit);
  const text = async () => await evaluate("document.body?.innerText ?? ''") as string;
  async function url(): Promise<string> {
    const { currentIndex, entries } = await devtools.send("Page.getNavigationHistory");
    return entries[currentIndex].url;
  }
  return {
    evaluate,
    text,
    url,
    html: async () => await evaluate("document.documentElement.outerHTML") as string,
    waitForText: (pattern, limit) =>
      until(`${pattern} on the page`, text, (shown) => pattern.exec(shown), limit),
    waitForUrl: (pattern, limit) =>
      until(`${pattern} as the URL`, url, (shown) => pattern.exec(shown), limit),
    async open(address) {
      const { errorText, loaderId } = await devtools.send("Page.navigate", { url: address });
      if (errorText !== undefined) throw new Error(`${address} was not opened: ${errorText}`);
      // Only another place in the same page has none.
      if (loaderId === undefined) return;
      await until(`the load of ${address}`, url, () => loaded(loaderId) ? true : null);
    },
    async click(selector) {
      const find = `${MIDDLE}(document.querySelector(${JSON.stringify(selector)}))`;
      const place = await until(
        `${selector}, ready for a click,`,
        text,
        async () => await evaluate(find) as Record<"x" | "y", number> | null,
      );
      const mouse = { ...place, button: "left", clickCount: 1 };
      await devtools.send("Input.dispatchMouseEvent", { ...mouse, type: "mousePressed" });
      await devtools.send("Input.dispatchMouseEvent", { ...mouse, type: "mouseReleased" });
    },
  };
}
