import { join } from "node:path";
import { listening, type Setting, type Started, startProgram } from "./setting.ts";
import type { Target } from "./wrk.ts";

/** An answer of 400 bytes. */
const ANSWER = JSON.stringify({
  id: "chatcmpl-bench",
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "x".repeat(257) }, finish_reason: "stop" }],
  usage: { total_tokens: 21 },
}).padEnd(400);

const TOKEN = "bench-local-token";
const PORT = 18801;

/** Where nginx takes the place of the proxy. */
export const NGINX: Target = {
  name: "nginx",
  url: `http://127.0.0.1:${PORT}/openai/v1/chat/completions`,
  headers: { authorization: `Bearer ${TOKEN}` },
};

/** The upstream without a proxy. */
export const DIRECT: Target = {
  name: "direct",
  url: "https://api.openai.com/v1/chat/completions",
  headers: { authorization: "Bearer sk-bench" },
};

/** Starts the upstream on port 443: small answers at once, and a file of 1 GiB at `/v1/file`. */
export async function startUpstream({ folder }: Setting): Promise<Started> {
  const file = "/dev/shm/agentgazer-bench-bulk";
  const server = await startNginx(
    folder,
    "upstream",
    443,
    `
    server {
      listen 127.0.0.1:443 ssl;
      ssl_certificate ${folder}/chain.pem;
      ssl_certificate_key ${folder}/chain.key;
      location = /v1/file { alias ${file}; default_type application/octet-stream; }
      location / { default_type application/json; return 200 '${ANSWER}'; }
    }`,
  );
  await (await Deno.create(file)).truncate(2 ** 30);
  return {
    pid: server.pid,
    async [Symbol.asyncDispose]() {
      await Deno.remove(file);
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Starts nginx as a proxy that checks a token and puts a credential in. */
export async function startNginxProxy({ folder }: Setting): Promise<Started> {
  return await startNginx(
    folder,
    "proxy",
    PORT,
    `
    upstream provider {
      server 127.0.0.1:443;
      keepalive 1100;
      keepalive_requests 1000000000;
    }
    server {
      listen 127.0.0.1:${PORT} backlog=4096;
      location /openai/ {
        if ($http_authorization != "Bearer ${TOKEN}") { return 401; }
        proxy_pass https://provider/;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host api.openai.com;
        proxy_set_header Authorization "Bearer sk-bench";
        proxy_ssl_server_name on;
        proxy_ssl_name api.openai.com;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate ${folder}/ca.pem;
        proxy_buffering off;
        proxy_request_buffering off;
      }
    }`,
  );
}

async function startNginx(folder: string, name: string, port: number, servers: string): Promise<Started> {
  const config = join(folder, `${name}.conf`);
  await Deno.writeTextFile(
    config,
    `daemon off;
    master_process off;
    pid ${folder}/${name}.pid;
    error_log ${folder}/${name}.err;
    events { worker_connections 8192; }
    http {
      access_log ${name === "proxy" ? `${folder}/${name}.log` : "off"};
      client_body_temp_path ${folder}/${name}-body;
      proxy_temp_path ${folder}/${name}-temp;
      keepalive_requests 1000000000;
      client_max_body_size 0;
      ${servers}
    }`,
  );
  const started = startProgram(["nginx", "-c", config, "-e", `${folder}/${name}.err`]);
  await listening(port);
  return started;
}
