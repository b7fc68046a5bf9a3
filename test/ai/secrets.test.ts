/** Secrets of the application stay out of what a model reads. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { makeMask } from "../../src/ai/secrets.js"
import { Files } from "../../src/daytona.js"
import { EmbeddedDaytona } from "../../src/embedded/daytona/index.js"
import { answered, call, tools } from "../support/sandboxTools.js"
import { describeWithLayer } from "../support/sharedLayer.js"

const token = "tok-4f7d\"9a'1c"
const pem = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END KEY-----"
const password = "p4ssword-of-the-remote"

const options = {
  maxAnswer: 4000,
  env: { TOKEN: Redacted.make(token), PLAIN: "plain" },
  secrets: [Redacted.make(pem)],
  gitCredentials: { "git.test": { username: "me", password: Redacted.make(password) } }
}

/** As JSON, the quotation mark of the token is escaped; look at both. */
const shows = (answer: unknown): ReadonlyArray<string> => {
  const texts = [JSON.stringify(answer), JSON.stringify(answer).replaceAll('\\"', '"')]
  return [token, "MIIEvQIBADANBgkqhkiG9w0B", "AQEFAASCBKcwggSjAgEAAoIB", password].filter((secret) =>
    texts.some((text) => text.includes(secret))
  )
}

describeWithLayer(
  "secrets of the application",
  tools(options),
  "30 seconds"
)((it) => {
  it.effect("can be used by a command, and are not in its answer", () =>
    Effect.gen(function* () {
      const answer = yield* answered("run_command", {
        command: 'echo "$TOKEN $PLAIN"; env; printf %s "$TOKEN" | wc -c'
      })
      expect(answer).toMatchObject({ output: expect.stringMatching(/^<redacted> plain\n/) })
      expect(answer).toMatchObject({ output: expect.stringMatching(/ *14\n$/) })
      expect(shows(answer)).toEqual([])
    })
  )

  it.effect("are in no answer of any tool that meets them", () =>
    Effect.gen(function* () {
      yield* Effect.flatMap(Files, (files) => files.writeText(`${token}.txt`, `${token}\n${pem}\n${token} again`))
      yield* answered("run_command", { command: "git init -q ." })
      const answers = yield* Effect.all([
        call("read_file", { path: `${token}.txt` }),
        call("read_file", { path: `${token}/nothing` }),
        call("edit_file", { path: `${token}.txt`, find: "nothing\nagain", replacement: "x" }),
        call("edit_file", { path: `${token}.txt`, find: token, replacement: "x" }),
        call("edit_file", { path: `${token}.txt`, find: "again", replacement: "once more" }),
        call("list_directory"),
        call("find_files", { pattern: "*.txt" }),
        call("search_files", { text: "tok-" }),
        call("run_python", { code: "import os\nprint(os.environ['TOKEN'])\nraise ValueError(os.environ['TOKEN'])" }),
        call("run_command", { command: "echo $TOKEN; sleep 60", timeoutSeconds: 3 }),
        call("run_command", { command: "ls", directory: token }),
        call("start_server", { command: "echo $TOKEN; exit 1", port: 39_123 }),
        call("git_status"),
        call("git_branch", { branch: token }),
        call("git_diff", { from: token }),
        call("git_clone", { url: `https://git.test/${token}`, path: token }),
        call("stop_server", { server: token })
      ])
      for (const { encodedResult } of answers) expect(shows(encodedResult), JSON.stringify(encodedResult)).toEqual([])
    })
  )

  it.effect("go to the host that they are for, and to no other", () =>
    Effect.gen(function* () {
      const { requests } = yield* EmbeddedDaytona
      const sentFor = (url: string) =>
        Effect.gen(function* () {
          const before = (yield* requests).length
          yield* call("git_clone", { url, path: "clone" })
          return (yield* requests).slice(before).some(({ body }) => body.includes(password))
        })
      expect(yield* sentFor("https://git.test/a")).toBe(true)
      for (const url of [
        "https://other.test/a",
        "https://git.test.other.test/a",
        "https://git.test@other.test/a",
        "https://git.test\\@other.test/a",
        "https://git.test\t.other.test/a",
        "https://git.test:444/a",
        "http://git.test/a",
        "git.test/a"
      ]) {
        expect(yield* sentFor(url), url).toBe(false)
      }
    })
  )
})

const secret = "qrstuvwxqrst-12"

/** Text without the letters of the secret; only escape sequences are cut together with it. */
const text = FastCheck.array(FastCheck.constantFrom("a", "b", "\u001b[1m", "\u001b", "\u001b[", "\n", "1", "-"), {
  maxLength: 20
}).map((parts) => parts.join(""))

describe("a mask", () => {
  const mask = makeMask([Redacted.make(secret)])

  it.prop("leaves no secret, and no part of one where text was cut", [text, text], ([one, other]) => {
    const whole = `${one}${secret}${other}`
    expect(mask.whole(whole)).not.toMatch(/[q-x]{2}/)
    for (let at = one.length; at <= one.length + secret.length; at++) {
      expect(mask.beginning(whole.slice(0, at))).not.toMatch(/[q-x]{2}/)
      expect(mask.end(whole.slice(at))).not.toMatch(/[q-x]{2}|t-12/)
    }
  })
})
