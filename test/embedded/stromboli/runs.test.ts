import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Script } from "effect-sandboxes/embedded/stromboli"
import { at, get, post, server, session, textAt } from "./support.js"

const says = (...lines: ReadonlyArray<string>) => server({}, () => Script.says(...lines))

describe("POST /run", () => {
  it.effect("answers with the trimmed output, an id and the session", () =>
    Effect.gen(function* () {
      const { json, status } = yield* post("/run", { prompt: "hello" })
      expect(status).toBe(200)
      expect(textAt(json, "id")).toMatch(/^run-[0-9a-f]{16}$/)
      expect(textAt(json, "session_id")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
      expect(json).toMatchObject({ status: "completed", output: "one\n\ntwo" })
    }).pipe(Effect.provide(says("", "one", "", "two", "")))
  )

  it.effect("omits an empty output", () =>
    Effect.gen(function* () {
      expect(at((yield* post("/run", { prompt: "x" })).json, "output")).toBeUndefined()
    }).pipe(Effect.provide(says()))
  )

  it.effect("passes all options to Claude", () =>
    Effect.gen(function* () {
      yield* post("/run", { prompt: "before", claude: { session_id: session } })
      const { json } = yield* post("/run", {
        prompt: "p",
        workdir: "/w",
        claude: { model: "opus", session_id: session, resume: true },
        podman: { memory: "1g" }
      })
      expect(json).toMatchObject({ output: `p /w opus ${session} true 1g` })
    }).pipe(
      Effect.provide(
        server({}, ({ claude, podman, prompt, resume, sessionId, workdir }) =>
          Script.says(`${prompt} ${workdir} ${claude.model} ${sessionId} ${resume} ${podman.memory}`)
        )
      )
    )
  )

  it.effect.each([
    ["an empty body", "", "EOF"],
    ["a truncated body", '{"prompt":"a', "unexpected EOF"],
    ["no prompt", {}, "Key: 'RunRequest.Prompt' Error:Field validation for 'Prompt' failed on the 'required' tag"],
    [
      "an empty prompt",
      { prompt: "" },
      "Key: 'RunRequest.Prompt' Error:Field validation for 'Prompt' failed on the 'required' tag"
    ],
    ["a number", { prompt: 1 }, "json: cannot unmarshal number into Go struct field RunRequest.prompt of type string"]
  ] as const)("refuses %s with 400 in family A", ([, body, message]) =>
    Effect.gen(function* () {
      const { json, status } = yield* post("/run", body)
      expect(status).toBe(400)
      expect(json).toEqual({ id: "", status: "error", error: `Invalid request: ${message}` })
    }).pipe(Effect.provide(server()))
  )

  it.effect("responds 503 without credentials, but only to a valid request", () =>
    Effect.gen(function* () {
      expect((yield* post("/run", "")).status).toBe(400)
      const { json, status } = yield* post("/run", { prompt: "x" })
      expect(status).toBe(503)
      expect(json).toEqual({ id: "", status: "error", error: "Claude not configured. Run 'make claude-setup' first" })
    }).pipe(Effect.provide(server({ claudeConfigured: false })))
  )

  it.effect.each<[object, string]>([
    [{ claude: { session_id: "../x" } }, "invalid session ID"],
    [{ claude: { session_id: "a\u0000" } }, "invalid session ID"],
    [{ workdir: "relative" }, "workdir validation failed: workdir must be an absolute path starting with /"],
    [{ workdir: "/a/../b" }, "workdir validation failed: workdir cannot contain path traversal (..) sequences"],
    [
      { workdir: "/a b" },
      "workdir validation failed: workdir contains invalid characters (only alphanumeric, /, _, ., - allowed)"
    ],
    [{ workdir: `/${"a".repeat(4_096)}` }, "workdir validation failed: workdir path too long (max 4096 characters)"],
    [{ podman: { timeout: "0s" } }, "execution failed: context deadline exceeded, output: "],
    [{ podman: { timeout: "1ns" } }, "execution failed: context deadline exceeded, output: "],
    [{ podman: { timeout: "-5s" } }, "execution failed: context deadline exceeded, output: "],
    [{ podman: { timeout: "soon" } }, 'invalid timeout duration: time: invalid duration "soon"'],
    [
      { podman: { image: "node:20-alpine" } },
      'image validation failed: image "node:20-alpine" is incompatible with Claude CLI mount'
    ],
    [
      { podman: { image: "a".repeat(256) } },
      "image validation failed: image name exceeds maximum length of 255 characters"
    ],
    [{ podman: { volumes: ["/data:/x"] } }, "volume validation failed: volume host path not allowed: /data"],
    [{ podman: { volumes: ["/ok:/etc/x"] } }, "volume validation failed: container path not allowed: /etc/x"],
    [{ podman: { volumes: ["/ok:/x:exec"] } }, "volume validation failed: mount option not allowed: exec"],
    [
      { podman: { volumes: ["/ok"] } },
      'volume validation failed: invalid volume format "/ok": invalid volume format, expected host:container[:options]'
    ],
    [
      { podman: { secrets_env: { "1A": "known" } } },
      'secrets validation failed: invalid environment variable name "1A"'
    ],
    [{ podman: { secrets_env: { LD_PRELOAD: "known" } } }, 'environment variable "LD_PRELOAD" is not allowed'],
    [{ podman: { secrets_env: { A: "" } } }, 'secret name for environment variable "A" cannot be empty'],
    [{ podman: { secrets_env: { A: "unknown" } } }, 'no secret with name or id "unknown"'],
    [
      { podman: { lifecycle: { post_start: [] } } },
      "lifecycle hooks validation failed: postStart: hook configured but empty"
    ],
    [{ podman: { lifecycle: { post_start: [""] } } }, "postStart: command 0 is empty"],
    [{ podman: { lifecycle: { post_create: ["x".repeat(4_097)] } } }, "postCreate: command 0 too long (4097 > 4096)"],
    [{ podman: { lifecycle: { hooks_timeout: "x" } } }, "lifecycle hooks validation failed: invalid hooks timeout"],
    [{ podman: { environment: { type: "nix" } } }, "unsupported environment type: nix"],
    [{ podman: { environment: { type: "compose", path: "compose.yml" } } }, "invalid compose file path"],
    [{ podman: { environment: { type: "compose", path: "/c.yml" } } }, "service not found in compose file"],
    [{ podman: { environment: { type: "compose", path: "/a/./c.yml", service: "app" } } }, "is not canonical"],
    [
      { podman: { environment: { type: "compose", path: "/c.yml", service: "app", build_timeout: "soon" } } },
      'failed to start compose stack: invalid build timeout "soon": time: invalid duration "soon"'
    ]
  ])("refuses %j with 500 in family A", ([request, message]) =>
    Effect.gen(function* () {
      const { json, status } = yield* post("/run", { prompt: "x", ...request })
      expect(status).toBe(500)
      expect(json).toMatchObject({ id: "", status: "error" })
      expect(textAt(json, "error")).toContain(message)
    }).pipe(Effect.provide(server({ allowedVolumes: ["/ok"], secrets: { known: "value" } })))
  )

  // As the CLI prints it. The prompt is one word of its command line.
  it.effect.each([
    ["--verbose, please", 500, "execution failed: exit status 1, output: error: unknown option '--verbose, please'\n"],
    ["- one\n- two", 500, "execution failed: exit status 1, output: error: unknown option '- one\n- two'\n"],
    ["--version", 200, "2.1.332 (Claude Code)"],
    ["-h", 200, "Usage: claude [options] [command] [prompt]"],
    [" --version", 200, "asked"],
    ["\n-h", 200, "asked"],
    ["-", 200, "asked"]
  ] as const)("takes a prompt that begins with a dash for an option: %j", ([prompt, status, text]) =>
    Effect.gen(function* () {
      const answer = yield* post("/run", { prompt, claude: { session_id: session } })
      expect(answer.status).toBe(status)
      expect(status === 200 ? textAt(answer.json, "output") : textAt(answer.json, "error")).toContain(text)
      // Nothing was said, so there is no history and no usage.
      expect((yield* get(`/sessions/${session}/messages`)).status).toBe(text === "asked" ? 200 : 404)
      expect(at(answer.json, "usage") === undefined).toBe(text !== "asked")
    }).pipe(Effect.provide(says("asked")))
  )

  const tooLong = "execution failed: fork/exec /usr/bin/podman: argument list too long, output: "

  it.effect.each<[string, object, number, string?]>([
    ["131,071 bytes of prompt", { prompt: "x".repeat(131_071) }, 200],
    ["131,072 bytes of prompt", { prompt: "x".repeat(131_072) }, 500, tooLong],
    ["131,072 bytes of UTF-8", { prompt: "é".repeat(65_536) }, 500, tooLong],
    ["as many bytes of another option", { prompt: "x", claude: { system_prompt: "x".repeat(131_072) } }, 500, tooLong],
    [
      "fewer bytes of each of two options",
      { prompt: "x".repeat(70_000), claude: { system_prompt: "x".repeat(70_000) } },
      200
    ],
    [
      "the same with a workdir, where they share the limit",
      { prompt: "x".repeat(70_000), workdir: "/w", claude: { system_prompt: "x".repeat(70_000) } },
      500,
      tooLong
    ],
    [
      "the same with a hook, where a shell gets both",
      {
        prompt: "x".repeat(70_000),
        podman: { lifecycle: { post_start: ["npm ci"] } },
        claude: { system_prompt: "x".repeat(70_000) }
      },
      500,
      tooLong
    ],
    ["quotes without a workdir", { prompt: "'".repeat(40_000) }, 200],
    [
      "quotes with a workdir, whose shell needs four characters for each",
      { prompt: "'".repeat(40_000), workdir: "/w" },
      500,
      tooLong
    ],
    [
      "a NUL in the prompt",
      { prompt: "a\u0000b" },
      500,
      "execution failed: fork/exec /usr/bin/podman: invalid argument, output: "
    ]
  ])("starts a process with %s or fails to", ([, request, status, error]) =>
    Effect.gen(function* () {
      const answer = yield* post("/run", request)
      expect([answer.status, at(answer.json, "error")]).toEqual([status, error])
    }).pipe(Effect.provide(says("asked")))
  )

  it.effect("reports an error result as a failure that contains it", () =>
    Effect.gen(function* () {
      const { json, status } = yield* post("/run", { prompt: "x", claude: { output_format: "json" } })
      expect(status).toBe(500)
      const error = textAt(json, "error")
      expect(error.startsWith("execution failed: exit status 1, output: {")).toBe(true)
      expect(JSON.parse(error.slice(error.indexOf("{")))).toMatchObject({
        type: "result",
        subtype: "error_max_turns",
        is_error: true,
        errors: ["Reached maximum number of turns (1)"]
      })
    }).pipe(
      Effect.provide(
        server({}, (input) => Script.failsWith(input, "error_max_turns", "Reached maximum number of turns (1)"))
      )
    )
  )

  it.effect("prints the news of a sub-agent in the background instead of the answer", () =>
    Effect.gen(function* () {
      const claude = { output_format: "json" }
      const { json } = yield* post("/run", { prompt: "x", claude })
      expect(at(json, "structured_output")).toEqual({ weather: "rain" })
      expect(JSON.parse(textAt(json, "output"))).toMatchObject({
        result: "It rains.",
        origin: { kind: "task-notification" }
      })
      const settings = '{"env":{"CLAUDE_CODE_DISABLE_BACKGROUND_TASKS":"1"}}'
      const alone = yield* post("/run", { prompt: "x", claude: { ...claude, settings } })
      expect(at(alone.json, "structured_output")).toEqual({ weather: "sun" })
    }).pipe(
      Effect.provide(
        server({}, (input) =>
          Script.delegates(input, {
            answer: "Sun.",
            news: "It rains.",
            structured: { answer: { weather: "sun" }, news: { weather: "rain" } }
          })
        )
      )
    )
  )

  it.effect("accepts what is configured", () =>
    Effect.gen(function* () {
      const { status } = yield* post("/run", {
        prompt: "x",
        workdir: "/home/me/a-b_c.d",
        podman: {
          timeout: "1h30m",
          // The blocklist refuses what is inside of its folders, but not what they are inside of.
          volumes: ["/ok/sub:/x:ro,Z", "/ok:/usr/local", "/ok:/home/user"],
          secrets_env: { TOKEN: "known" },
          lifecycle: { post_start: ["npm ci"], hooks_timeout: "5m" }
        }
      })
      expect(status).toBe(200)
    }).pipe(Effect.provide(server({ allowedVolumes: ["/ok"], secrets: { known: "value" } })))
  )

  it.effect("leaves a session behind even when it refuses the run", () =>
    Effect.gen(function* () {
      yield* post("/run", { prompt: "x", workdir: "relative", claude: { session_id: session } })
      expect((yield* get("/sessions")).json).toEqual({ sessions: [{ id: session, title: "" }] })
    }).pipe(Effect.provide(server()))
  )

  it.effect("reports a signal as a crash with Go's name for it, and status 200", () =>
    Effect.gen(function* () {
      const { json, status } = yield* post("/run", { prompt: "x" })
      expect(status).toBe(200)
      expect(json).toMatchObject({
        status: "crashed",
        output: "half",
        crash_info: {
          exit_code: 139,
          signal: "segmentation fault",
          reason: "Process killed by segmentation fault",
          partial_output: "half\n"
        }
      })
      expect(at(json, "crash_info", "task_completed")).toBeUndefined()
    }).pipe(Effect.provide(server({}, () => Script.dies("SIGSEGV", "half"))))
  )

  it.effect("names the signal differently when the shell reports it as an exit code", () =>
    Effect.gen(function* () {
      expect((yield* post("/run", { prompt: "x" })).json).toMatchObject({
        status: "crashed",
        crash_info: { exit_code: 137, signal: "SIGKILL", reason: "Process exited with SIGKILL", task_completed: true }
      })
    }).pipe(Effect.provide(server({}, () => Script.exits(137, "Task completed"))))
  )

  it.effect("garbles the reason of an unknown exit code", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/run", { prompt: "x" })
      expect(at(json, "crash_info")).toEqual({ exit_code: 200, reason: "Process crashed with exit code È" })
    }).pipe(Effect.provide(server({}, () => Script.exits(200))))
  )

  it.effect("keeps the last 2000 bytes of what a crashed run printed", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/run", { prompt: "x" })
      const partial = textAt(json, "crash_info", "partial_output")
      expect(partial).toHaveLength(2_003)
      expect(partial.startsWith("...y")).toBe(true)
    }).pipe(Effect.provide(server({}, () => Script.dies("SIGKILL", "y".repeat(5_000)))))
  )

  it.effect("reports any other exit code as an error with the whole output", () =>
    Effect.gen(function* () {
      const { json, status } = yield* post("/run", { prompt: "x" })
      expect(status).toBe(500)
      expect(json).toEqual({
        id: "",
        status: "error",
        error: "execution failed: exit status 1, output: out\nerr\n"
      })
    }).pipe(Effect.provide(server({}, () => Script.exits(1, "out", "err"))))
  )

  it.effect("kills a run at its timeout and reports a crash", () =>
    Effect.gen(function* () {
      const run = yield* Effect.fork(post("/run", { prompt: "x", podman: { timeout: "10s" } }))
      yield* TestClock.adjust("9 seconds")
      expect(run.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 second")
      const { json, status } = yield* Fiber.join(run)
      expect(status).toBe(200)
      expect(json).toMatchObject({
        status: "crashed",
        output: "working",
        crash_info: { exit_code: 137, signal: "killed", reason: "Process killed by killed" }
      })
    }).pipe(Effect.provide(server({}, () => Script.hangs("working"))))
  )

  it.effect("limits a run without a timeout to 30 minutes", () =>
    Effect.gen(function* () {
      const run = yield* Effect.fork(post("/run", { prompt: "x" }))
      yield* TestClock.adjust("30 minutes")
      expect((yield* Fiber.join(run)).json).toMatchObject({ status: "crashed" })
    }).pipe(Effect.provide(server({}, () => Script.hangs())))
  )

  it.effect("passes structured output on when the whole output is one envelope", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/run", { prompt: "x", claude: { output_format: "json" } })
      expect(at(json, "structured_output")).toEqual({ a: 1 })
      expect(textAt(json, "output")).toContain('"type":"result"')
    }).pipe(Effect.provide(server({}, (input) => Script.replies(input, "text", { a: 1 }))))
  )

  it.effect("passes on structured output that is not an object", () =>
    Effect.gen(function* () {
      expect(at((yield* post("/run", { prompt: "x" })).json, "structured_output")).toEqual([1, "two"])
    }).pipe(Effect.provide(says('{"structured_output":[1,"two"]}')))
  )

  it.effect("finds no structured output in anything else", () =>
    Effect.gen(function* () {
      expect(at((yield* post("/run", { prompt: "x" })).json, "structured_output")).toBeUndefined()
    }).pipe(Effect.provide(says('{"structured_output":null}', '{"structured_output":1}')))
  )

  it.effect("adds up the usage of a session over its runs", () =>
    Effect.gen(function* () {
      const claude = { session_id: session }
      const first = yield* post("/run", { prompt: "12345678", claude })
      const second = yield* post("/run", { prompt: "12345678", claude: { ...claude, resume: true } })
      expect(at(first.json, "usage")).toMatchObject({ input_tokens: 2, output_tokens: 1, total_tokens: 3 })
      expect(at(second.json, "usage")).toMatchObject({ input_tokens: 4, output_tokens: 2, total_tokens: 6 })
    }).pipe(Effect.provide(says("done")))
  )

  it.effect("has no usage without persistence, nor in api 0.4", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/run", { prompt: "x", claude: { no_persistence: true } })
      expect(at(json, "usage")).toBeUndefined()
      const old = yield* Effect.provide(post("/run", { prompt: "x" }), server({ api: "0.4" }))
      expect(at(old.json, "usage")).toBeUndefined()
    }).pipe(Effect.provide(server()))
  )

  it.effect("lets only one of two runs of a session have the container", () =>
    Effect.gen(function* () {
      const request = { prompt: "x", claude: { session_id: session }, podman: { timeout: "1s" } }
      const first = yield* Effect.fork(post("/run", request))
      yield* TestClock.adjust("100 millis")
      const second = yield* post("/run", request)
      expect(second.status).toBe(500)
      expect(textAt(second.json, "error")).toContain(
        `the container name "stromboli-agent-${session}" is already in use`
      )
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(first)).status).toBe(200)
      const third = yield* Effect.fork(post("/run", { ...request, claude: { session_id: session, resume: true } }))
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(third)).status).toBe(200)
    }).pipe(Effect.provide(server({}, () => Script.hangs())))
  )

  it.effect("reports that a session is being initialised while its first hooks run", () =>
    Effect.gen(function* () {
      const request = {
        prompt: "x",
        claude: { session_id: session },
        podman: { timeout: "1s", lifecycle: { post_create: ["npm ci"] } }
      }
      yield* Effect.fork(post("/run", request))
      yield* TestClock.adjust("100 millis")
      expect(textAt((yield* post("/run", request)).json, "error")).toBe(
        `session initialization in progress: session ${session}; please retry`
      )
    }).pipe(Effect.provide(server({}, () => Script.hangs())))
  )

  it.effect("gives the container to one run of a session, also while the hooks of another run", () =>
    Effect.gen(function* () {
      const request = { prompt: "x", claude: { session_id: session }, podman: { timeout: "1s" } }
      const lifecycle = { on_create_command: ["npm ci"] }
      yield* Effect.fork(post("/run", { ...request, podman: { ...request.podman, lifecycle } }))
      yield* TestClock.adjust("100 millis")
      expect(textAt((yield* post("/run", request)).json, "error")).toContain("is already in use by")
    }).pipe(Effect.provide(server({}, () => Script.hangs())))
  )

  it.effect("puts the output of hooks before Claude's, those for the first run until one has completed", () =>
    Effect.gen(function* () {
      const podman = {
        lifecycle: { on_create_command: ["npm ci"], post_create: ["npm run build"], post_start: ["redis-server"] }
      }
      const run = (prompt: string, resume: boolean) =>
        Effect.map(post("/run", { prompt, podman, claude: { session_id: session, resume } }), ({ json }) =>
          textAt(json, "output")
        )
      const first = "$ npm ci\n$ npm run build\n$ redis-server"
      expect(yield* run("die", false)).toBe(`${first}\nhalf`)
      expect(yield* run("hi", true)).toBe(`${first}\nhi`)
      expect(yield* run("hi", true)).toBe("$ redis-server\nhi")
      const { json } = yield* get(`/sessions/${session}/messages`)
      expect(JSON.stringify(json)).not.toContain("npm ci")
    }).pipe(
      Effect.provide(
        server({ hookOutput: (command) => [`$ ${command}`] }, ({ prompt }) =>
          prompt === "die" ? Script.dies("SIGKILL", "half") : Script.says(prompt)
        )
      )
    )
  )

  it.effect("cancels the run of a client that disconnects", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const cancelled = yield* Deferred.make<void>()
      const program = Effect.gen(function* () {
        const client = yield* Effect.fork(post("/run", { prompt: "x" }))
        yield* Deferred.await(started)
        yield* Fiber.interrupt(client)
        expect(yield* Deferred.isDone(cancelled)).toBe(true)
      })
      yield* Effect.provide(
        program,
        server({}, () =>
          Stream.fromEffect(Deferred.succeed(started, undefined)).pipe(
            Stream.zipRight(Stream.never),
            Stream.ensuring(Deferred.succeed(cancelled, undefined))
          )
        )
      )
    })
  )
})

describe("POST /run in a compose project", () => {
  const environment = { type: "compose", path: "/c/compose.yaml", service: "app" }
  const ask = (prompt: string, claude: object = {}, podman: object = {}) =>
    post("/run", { prompt, claude: { session_id: session, ...claude }, podman: { environment, ...podman } })

  it.effect("ignores the options of a container that it does not make", () =>
    Effect.gen(function* () {
      const { status } = yield* ask(
        "x",
        {},
        { image: "alpine", volumes: ["/etc:/etc"], secrets_env: { TOKEN: "unknown" }, timeout: "soon" }
      )
      expect(status).toBe(200)
    }).pipe(Effect.provide(server()))
  )

  it.effect("is not limited in time", () =>
    Effect.gen(function* () {
      const run = yield* Effect.fork(ask("x", {}, { timeout: "1s" }))
      yield* TestClock.adjust("2 hours")
      expect(run.unsafePoll()).toBeNull()
    }).pipe(Effect.provide(server({}, () => Script.hangs())))
  )

  it.effect("lets two runs of a session begin at once", () => {
    const begun: Array<string> = []
    return Effect.gen(function* () {
      yield* Effect.fork(ask("one"))
      yield* Effect.fork(ask("two", { resume: true }))
      yield* TestClock.adjust("100 millis")
      expect(begun).toEqual(["one", "two"])
    }).pipe(
      Effect.provide(
        server({}, ({ prompt }) => {
          begun.push(prompt)
          return Script.hangs()
        })
      )
    )
  })

  it.effect("remembers the conversation, of which the server shows neither messages nor usage", () =>
    Effect.gen(function* () {
      const first = yield* ask("one")
      expect(first.json).toEqual({ id: expect.any(String), status: "completed", output: "0", session_id: session })
      expect(at((yield* ask("two", { resume: true })).json, "output")).toBe("2")
      expect((yield* get(`/sessions/${session}/messages`)).status).toBe(404)
      expect(textAt((yield* ask("three")).json, "error")).toBe(
        `execution failed: compose exec failed: exit status 1, output: Error: Session ID ${session} is already in use.\n`
      )
      const outside = yield* post("/run", { prompt: "x", claude: { session_id: session, resume: true } })
      expect(textAt(outside.json, "error")).toContain("No conversation found")
    }).pipe(Effect.provide(server({}, ({ history }) => Script.says(`${history.length}`))))
  )

  it.effect("reports a crash as a failure with status 500", () =>
    Effect.gen(function* () {
      const { json, status } = yield* ask("x")
      expect([status, textAt(json, "error")]).toEqual([
        500,
        "execution failed: compose exec failed: exit status 137, output: half\n"
      ])
    }).pipe(Effect.provide(server({}, () => Script.dies("SIGKILL", "half"))))
  )
})
