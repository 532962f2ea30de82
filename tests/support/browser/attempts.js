// Runs in a page: everything with which a page can ask a server for something. Each attempt gives what could be
// read of the answer, or null.

const readable = async (asking) => {
  const answer = await asking;
  const text = await answer.text();
  return answer.status === 0 && text === "" ? null : `${answer.status} ${text}`;
};

/** An element that loads an address; `load` means that what it got was of use to it. */
const element = (name, attributes, place = document.body) =>
  new Promise((resolve) => {
    const made = Object.assign(document.createElement(name), attributes);
    made.onload = made.oncanplay = () => resolve("it was loaded");
    made.onerror = () => resolve(null);
    place.append(made);
  });

/** A frame always loads; what counts is what can be seen in it. */
const frame = (show) =>
  new Promise((resolve) => {
    const made = Object.assign(document.createElement("iframe"), { name: `frame${Math.random()}` });
    document.body.append(made);
    made.onload = () => {
      if (made.contentDocument?.URL !== "about:blank") resolve(made.contentDocument?.body.innerText ?? null);
    };
    show(made);
  });

const form = (url, enctype, fields) =>
  frame(({ name }) => {
    const made = Object.assign(document.createElement("form"), {
      action: url,
      method: "post",
      enctype,
      target: name,
    });
    for (const [name, value] of fields) {
      made.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    document.body.append(made);
    made.submit();
  });

const xhr = (method, url, headers, body) =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.onloadend = () =>
      resolve(request.status === 0 ? null : `${request.status} ${request.responseText}`);
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });

const socket = (url, protocols) =>
  new Promise((resolve) => {
    const made = new WebSocket(url.replace(/^http/, "ws"), protocols);
    made.onopen = () => resolve(`it was opened: ${made.protocol}`);
    made.onclose = () => resolve(null);
  });

const events = (url) =>
  new Promise((resolve) => {
    const made = new EventSource(url);
    made.onopen = () => resolve("it was opened");
    made.onerror = () => resolve(null);
  });

const TEXT = { "content-type": "text/plain" };
const JSON_TYPE = { "content-type": "application/json" };

/** @param at gives the address of a path, with the token in its query */
const ATTEMPTS = {
  "health": ({ base }) => readable(fetch(`${base}/health`)),
  "health, as it is": ({ base }) => readable(fetch(`${base}/health`, { mode: "no-cors" })),
  "GET": ({ at }) => readable(fetch(at("models"))),
  "GET with cookies": ({ at }) => readable(fetch(at("models"), { credentials: "include" })),
  "GET without a referrer": ({ at }) => readable(fetch(at("models"), { referrerPolicy: "no-referrer" })),
  "GET with a header": ({ at, token }) => readable(fetch(at("models"), { headers: { "x-api-key": token } })),
  "GET as it is": ({ at }) => readable(fetch(at("models"), { mode: "no-cors" })),
  "GET that is kept alive": ({ at }) => readable(fetch(at("models"), { keepalive: true })),
  "HEAD": ({ at }) => readable(fetch(at("models"), { method: "HEAD" })),
  "DELETE": ({ at }) => readable(fetch(at("files/x"), { method: "DELETE" })),
  "POST of text": ({ at }) => readable(fetch(at("responses"), { method: "POST", body: "{}", headers: TEXT })),
  "POST of text as it is": ({ at }) =>
    readable(fetch(at("responses"), { method: "POST", body: "{}", headers: TEXT, mode: "no-cors" })),
  "POST of JSON": ({ at, token }) =>
    readable(fetch(at("responses"), {
      method: "POST",
      body: "{}",
      headers: { ...JSON_TYPE, authorization: `Bearer ${token}` },
    })),
  "POST that is kept alive": ({ at }) =>
    readable(fetch(at("responses"), { method: "POST", body: "{}", headers: TEXT, keepalive: true })),
  "XMLHttpRequest": ({ at }) => xhr("GET", at("models"), {}, null),
  "XMLHttpRequest that posts": ({ at }) => xhr("POST", at("responses"), TEXT, "{}"),
  "XMLHttpRequest with a header": ({ at, token }) => xhr("GET", at("models"), { "x-api-key": token }, null),
  "WebSocket": ({ at }) => socket(at("realtime")),
  "WebSocket with a token as protocol": ({ at, token }) =>
    socket(at("realtime").split("?")[0], ["realtime", `openai-insecure-api-key.${token}`]),
  "WebSocket of health": ({ base }) => socket(`${base}/health`),
  "events": ({ at }) => events(at("events")),
  "image": ({ at }) => element("img", { src: at("image") }),
  "script": ({ at }) => element("script", { src: at("script") }),
  "module": ({ at }) => element("script", { src: at("script"), type: "module" }),
  "import": ({ at }) => import(at("script")).then(() => "it was imported"),
  "style sheet": ({ at }) => element("link", { rel: "stylesheet", href: at("style") }, document.head),
  "sound": ({ at }) => element("audio", { src: at("sound"), preload: "auto" }),
  "worker": ({ at }) =>
    new Promise((resolve) => {
      const made = new Worker(at("script"));
      made.onmessage = () => resolve("it runs");
      made.onerror = () => resolve(null);
    }),
  "frame": ({ at }) => frame((made) => made.src = at("page")),
  "frame of health": ({ base }) => frame((made) => made.src = `${base}/health`),
  "form": ({ at }) => form(at("responses"), "application/x-www-form-urlencoded", [["input", "x"]]),
  "form of text": ({ at }) => form(at("responses"), "text/plain", [['{"input":"', '"}']]),
  "beacon": ({ at }) => (navigator.sendBeacon(at("responses"), "{}"), null),
};

/** What each attempt could read. */
globalThis.attemptAll = async (base, token) => {
  const at = (path) => `${base}/openai/v1/${path}?key=${token}`;
  const results = {};
  for (const [name, attempt] of Object.entries(ATTEMPTS)) {
    results[name] = await Promise.resolve().then(() => attempt({ base, token, at })).catch(() => null);
  }
  return results;
};
