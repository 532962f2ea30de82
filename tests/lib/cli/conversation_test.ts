import assert from "node:assert/strict";
import { renderUnicodeCompact } from "uqr";
import { makeConversation } from "../../../lib/cli/conversation.ts";
import { makePlace } from "../../support/place.ts";

const PAGE = "https://auth.openai.com/codex/device";
const ERASE = "\r\x1b[2K";

Deno.test("say() writes above the line of what is waited for", async () => {
  const place = makePlace();
  const talk = makeConversation(place.system, true);
  await talk.say("before");
  await talk.attend({ what: "it", until: place.until }, () => talk.say("while"));
  await talk.say("after");
  const lines = ["before\n", `${ERASE}- 1:00 left, waiting for it`, `${ERASE}while\n`, ERASE, "after\n"];
  assert.equal(place.fake.stderr, lines.join(""));
});

const OPENS: [what: string, browser: boolean, opens: boolean, env: Record<string, string>, said: string][] = [
  ["opens", true, true, {}, ""],
  ["does not open", true, false, {}, "(No browser could be opened here: open the page yourself.)\n"],
  [
    "does not open, over SSH",
    true,
    false,
    { SSH_CONNECTION: "1 2 3 4" },
    "(No browser could be opened here: open the page yourself, on any machine.)\n",
  ],
  ["is not wanted", false, true, {}, ""],
];

Deno.test("open() opens the page, unless nobody wants that, and says when it could not", async (t) => {
  for (const [what, browser, opens, env, said] of OPENS) {
    await t.step(`a browser that ${what}`, async () => {
      const opened: string[] = [];
      const { system, fake } = makePlace({ env });
      const openBrowser = (url: string) => {
        opened.push(url);
        return Promise.resolve(opens);
      };
      await makeConversation({ ...system, openBrowser }, browser).open(PAGE);
      assert.deepEqual([opened, fake.stderr], [browser ? [PAGE] : [], said]);
    });
  }
});

Deno.test("showPicture() shows a QR code where it fits", async (t) => {
  const picture = renderUnicodeCompact(PAGE);
  const width = Math.max(...picture.split("\n").map((line) => [...line].length));
  const rows: [columns: number | undefined, isTerminal: boolean, isShown: boolean][] = [
    [width, true, true],
    [width + 100, true, true],
    [width - 1, true, false],
    [1, true, false],
    [0, true, false],
    [undefined, true, false],
    [width + 100, false, false],
  ];
  for (const [columns, isTerminal, isShown] of rows) {
    await t.step(`${columns} columns${isTerminal ? "" : ", no terminal"}`, async () => {
      const { system, fake } = makePlace({ isTerminal }, { columns: () => columns });
      await makeConversation(system, true).showPicture(PAGE);
      assert.equal(fake.stderr, isShown ? picture + "\n" : "");
    });
  }
});
