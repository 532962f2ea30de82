import assert from "node:assert/strict";
import { takeCallbackPorts } from "../support/callback_ports.ts";
import { testWith } from "../support/needs.ts";
import { OIDC_CLIENT, OIDC_REDIRECTS } from "../support/oidc.ts";
import { startOidcScene } from "../support/oidc_scene.ts";
import { withForm } from "../support/oidc_tokens.ts";

// What becomes of a login when its code can't be redeemed, against a real authorization server.
const NEEDS = ["compile", "namespace", "openssl"] as const;

type Next = (request: Request) => Promise<Response>;
type Around = (request: Request, next: Next) => Promise<Response>;

/** Changes what the server is asked, as nobody but the program itself can. */
const asks = (changed: Readonly<Record<string, string | undefined>>): Around => async (request, next) =>
  await next(await withForm(request, changed));

/** Answers in place of the server. */
const says = (status: number, body: unknown, headers: HeadersInit = {}): Around => () =>
  Promise.resolve(
    typeof body === "string"
      ? new Response(body, { status, headers })
      : Response.json(body, { status, headers }),
  );

/** Somebody else was faster, with the verifier too. */
const usedBefore: Around = async (request, next) => {
  const first = await next(request.clone());
  assert.equal(first.status, 200);
  return await next(request);
};

const PAGE = "<!doctype html><title>Just a moment</title>";
const ELSEWHERE = { location: "https://auth.openai.com/oauth/token2" };

const ENDS: readonly [what: string, around: Around, exit: 3 | 7, said: RegExp][] = [
  ["the code was redeemed already", usedBefore, 3, /the code was used before/],
  ["the verifier is another", asks({ code_verifier: "x".repeat(43) }), 3, /was used before, or has expired/],
  ["there is no verifier", asks({ code_verifier: undefined }), 3, /was used before, or has expired/],
  [
    "the redirect address has the other port",
    asks({ redirect_uri: OIDC_REDIRECTS[1] }),
    3,
    /was used before, or has expired/,
  ],
  ["the client is unknown", asks({ client_id: OIDC_CLIENT + "x" }), 3, /does not know this program/],
  ["the server fails", says(500, { error: "server_error" }), 3, /answered with status 500/],
  ["a firewall is in between", says(403, PAGE), 3, /status 403 and a page/],
  ["the endpoint moved", says(307, "", ELSEWHERE), 3, /endpoint moved/],
  ["there is no token in the answer", says(200, { token_type: "Bearer" }), 3, /could not be understood/],
  ["the token can't be a header", says(200, { access_token: "a\nb" }), 3, /could not be understood/],
];

testWith(NEEDS, "a login fails with the reason, and nothing is stored, when …", async (t) => {
  using _ports = await takeCallbackPorts();
  await using scene = await startOidcScene();
  const { oidc } = scene;
  const honest = oidc.around;
  for (const [what, around, exit, said] of ENDS) {
    await t.step(what, async () => {
      oidc.around = honest;
      await using login = await scene.begin();
      const back = await oidc.authorize(login.page);
      let asked = 0;
      oidc.around = (request, next) => {
        asked++;
        return around(request, next);
      };
      const { status, text } = await login.open(back);
      assert.deepEqual([status, text.includes("The login failed")], [400, true]);
      const { code, stderr } = await login.command.ended;
      assert.equal(code, exit, stderr);
      assert.match(stderr, said);
      assert.equal(asked, 1, "a code is good for one attempt");
      assert.equal(await scene.listed(), undefined);
    });
  }
});

testWith(
  NEEDS,
  "a code that is redeemed again afterwards ends the login, which the next refresh tells",
  async () => {
    using _ports = await takeCallbackPorts();
    await using scene = await startOidcScene();
    const { oidc, accepted } = scene;
    await scene.logIn();
    const { form } = oidc.calls[0]!;
    assert.deepEqual(await scene.redeem(form), [400, "invalid_grant"]);
    accepted.length = 0;
    const { code, result, detail } = await scene.test();
    assert.deepEqual([code, result], [3, "rejected"]);
    assert.match(detail, /can't be renewed: the login is no longer valid: agentgazer login openai-oauth/);
    assert.equal(oidc.count("refresh"), 1);
  },
);
