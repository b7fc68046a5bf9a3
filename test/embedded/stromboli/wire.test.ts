import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Script } from "effect-sandboxes/embedded/stromboli"
import { del, get, post, server, session } from "./support.js"

const json = "application/json; charset=utf-8"
const plain = "text/plain; charset=utf-8"
const run = (request: object) => post("/run", { prompt: "x", ...request })
const runError = (error: string) => ({ id: "", status: "error", error })

// Requests beside what a server of the 0.5 line answered: status, content type, body.
const rows = [
  ["GET /jobs/", get("/jobs/"), 301, "text/html; charset=utf-8", '<a href="/jobs">Moved Permanently</a>.\n\n'],
  ["POST /run/", post("/run/"), 307, undefined, ""],
  ["GET /nothing", get("/nothing"), 404, "text/plain", "404 page not found"],
  ["DELETE /health", del("/health"), 404, "text/plain", "404 page not found"],
  ["GET /jobs/%zz", get("/jobs/%zz"), 400, plain, "400 Bad Request"],
  ["GET /run/stream", get("/run/stream"), 400, plain, "Missing required parameter: prompt"],
  ["GET /run/stream?prompt=a%2", get("/run/stream?prompt=a%2"), 400, plain, "Missing required parameter: prompt"],
  ["GET /run/stream?prompt=a;b=c", get("/run/stream?prompt=a;b=c"), 400, plain, "Missing required parameter: prompt"],
  [
    "a prompt that begins with a dash",
    run({ prompt: "-x" }),
    500,
    json,
    runError("execution failed: exit status 1, output: error: unknown option '-x'\n")
  ],
  [
    "a session id that is no UUID",
    run({ claude: { session_id: "nope" } }),
    500,
    json,
    runError("execution failed: exit status 1, output: Error: Invalid session ID. Must be a valid UUID.\n")
  ],
  [
    "a session id without hyphens",
    run({ claude: { session_id: session.replaceAll("-", "") } }),
    500,
    json,
    runError("execution failed: exit status 1, output: Error: Invalid session ID. Must be a valid UUID.\n")
  ],
  [
    "the resumption of an unknown session",
    run({ claude: { session_id: session, resume: true } }),
    500,
    json,
    runError(`execution failed: exit status 1, output: No conversation found with session ID: ${session}\n`)
  ],
  [
    "the resumption of an unknown session, with an output of json",
    run({ claude: { session_id: session, resume: true, output_format: "json" } }),
    500,
    json,
    runError(`execution failed: exit status 1, output: No conversation found with session ID: ${session}\n`)
  ],
  [
    "the resumption of a session whose id is no UUID",
    run({ claude: { session_id: "nope", resume: true } }),
    500,
    json,
    runError(
      "execution failed: exit status 1, output: Error: --resume requires a valid session ID or session title when " +
        "used with --print. Usage: claude -p --resume <session-id|title>. " +
        'Provided value "nope" is not a UUID and does not match any session title.\n'
    )
  ],
  [
    "a prompt of 131,072 bytes",
    run({ prompt: "x".repeat(131_072) }),
    500,
    json,
    runError("execution failed: fork/exec /usr/bin/podman: argument list too long, output: ")
  ],
  [
    "a NUL in a prompt",
    run({ prompt: "\u0000" }),
    500,
    json,
    runError("execution failed: fork/exec /usr/bin/podman: invalid argument, output: ")
  ],
  [
    "a timeout of 0s",
    run({ podman: { timeout: "0s" } }),
    500,
    json,
    runError("execution failed: context deadline exceeded, output: ")
  ],
  [
    "max_turns of 1e2",
    post("/run", '{"prompt":"x","claude":{"max_turns":1e2}}'),
    400,
    json,
    runError(
      "Invalid request: json: cannot unmarshal number 1e2 into Go struct field ClaudeOptions.claude.max_turns of type int"
    )
  ],
  [
    "max_turns beyond 64 bits",
    post("/run", '{"prompt":"x","claude":{"max_turns":123456789012345678901}}'),
    400,
    json,
    runError(
      "Invalid request: json: cannot unmarshal number 123456789012345678901 into Go struct field " +
        "ClaudeOptions.claude.max_turns of type int"
    )
  ],
  [
    "a control character",
    post("/run", "\u0001"),
    400,
    json,
    runError("Invalid request: invalid character '\\x01' looking for beginning of value")
  ],
  [
    "a byte order mark",
    post("/run", "\ufeff{}"),
    400,
    json,
    runError("Invalid request: invalid character 'ï' looking for beginning of value")
  ],
  [
    "a relative workdir",
    run({ workdir: "a" }),
    500,
    json,
    runError("workdir validation failed: workdir must be an absolute path starting with /")
  ],
  [
    "a workdir with ..",
    run({ workdir: "/a/.." }),
    500,
    json,
    runError("workdir validation failed: workdir cannot contain path traversal (..) sequences")
  ],
  [
    "an unknown secret's empty name",
    run({ podman: { secrets_env: { A: "" } } }),
    500,
    json,
    runError('secrets validation failed: secret name for environment variable "A" cannot be empty')
  ],
  [
    "an empty hook",
    run({ podman: { lifecycle: { post_start: [] } } }),
    500,
    json,
    runError("lifecycle hooks validation failed: postStart: hook configured but empty")
  ],
  [
    "a volume without a container path",
    run({ podman: { volumes: ["x"] } }),
    500,
    json,
    runError(
      'volume validation failed: invalid volume format "x": invalid volume format, expected host:container[:options]'
    )
  ],
  [
    "a search with a long query",
    get(`/images/search?q=${"a".repeat(256)}`),
    400,
    json,
    { error: "validation error: search query too long" }
  ],
  [
    "an image with a long name",
    post("/images/pull", { image: "a".repeat(256) }),
    400,
    json,
    { error: "validation error: image name exceeds maximum length of 255 characters" }
  ],
  ["an agent that is unknown", get("/agents/none"), 404, json, { error: "agent: not found" }],
  ["logging out without a header", post("/auth/logout"), 401, json, { error: "missing authorization header" }]
] as const

describe("the server, beside a real one", () => {
  it.effect.each(rows)("%s", ([, request, status, type, body]) =>
    Effect.gen(function* () {
      const answer = yield* request
      expect([
        answer.status,
        answer.headers["content-type"],
        typeof body === "string" ? answer.text : answer.json
      ]).toEqual([status, type, body])
      const reachesTheMiddleware = ![301, 307].includes(status) && answer.text !== "400 Bad Request"
      expect("x-request-id" in answer.headers).toBe(reachesTheMiddleware)
    }).pipe(Effect.provide(server({ auth: { jwtSecret: "x".repeat(32), required: false } }, () => Script.says("ok"))))
  )
})
