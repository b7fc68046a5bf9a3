/** Commands as a model runs them. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { SandboxToolkit } from "../../src/ai/index.js"
import { Files, Process } from "../../src/daytona.js"
import { answered, failed, tools } from "../support/sandboxTools.js"
import { describeWithLayer } from "../support/sharedLayer.js"

const run = (command: string, more = {}) => answered("run_command", { command, ...more })

const outputs = Effect.flatMap(Process, (process) =>
  Effect.map(process.execute("ls .effect-sandboxes/output 2> /dev/null"), ({ stdout }) => stdout.split("\n").length - 1)
)

describeWithLayer(
  "run_command",
  tools({ maxAnswer: 5000, keptOutputs: 2 }),
  "30 seconds"
)((it) => {
  it.effect("answers with the exit code and what was printed, in order", () =>
    Effect.gen(function* () {
      expect(yield* run("echo one; echo two >&2; echo three; exit 3")).toEqual({
        exitCode: 3,
        output: "one\ntwo\nthree\n"
      })
      expect(yield* run("true")).toEqual({ exitCode: 0, output: "" })
    })
  )

  it.effect("runs scripts of any length and quoting, in any directory", () =>
    Effect.gen(function* () {
      const long = "x".repeat(200_000)
      expect(yield* run(`cat > long <<'end'\nit's ${long}\nend\nwc -c < long`)).toMatchObject({
        output: expect.stringMatching(/^ *200006\n$/)
      })
      yield* run("mkdir -p 'a b'")
      expect(yield* run('basename "$PWD"', { directory: "a b" })).toEqual({ exitCode: 0, output: "a b\n" })
      expect(yield* failed("run_command", { command: "ls", directory: "nowhere" })).toEqual({
        _tag: "ToolFailed",
        reason: "notFound",
        message: "Nothing was run: there is no directory nowhere."
      })
    })
  )

  it.effect("keeps files and no variables, and has no input", () =>
    Effect.gen(function* () {
      yield* run('x=1; cd /; echo kept > "$OLDPWD/kept"')
      expect(yield* run('echo "$x"; cat kept; cat')).toEqual({ exitCode: 0, output: "\nkept\n" })
    })
  )

  it.effect("cuts the middle of long output, and says where all of it is", () =>
    Effect.gen(function* () {
      const answer = yield* run("seq 1 100000")
      const { note, output } = answer as { readonly note: string; readonly output: string }
      expect(JSON.stringify(answer).length).toBeLessThanOrEqual(5000)
      expect(output).toMatch(
        /^1\n2\n3\n[\s\S]*\n\[\.\.\. the middle of 588,895 bytes left out \.\.\.\]\n[\s\S]*\n99999\n100000\n$/
      )
      const [, path = ""] =
        /^The middle was left out\. All of it, 588,895 bytes, is in (\S+) in the sandbox\.$/.exec(note) ?? []
      expect(yield* answered("read_file", { path, firstLine: 50_000, lines: 1 })).toMatchObject({
        content: "50000: 50000"
      })
    })
  )

  it.effect("keeps the beginning and the end of an output that would fill the disk, while it is printed", () =>
    Effect.gen(function* () {
      const answer = yield* run("echo BEGINNING; yes | head -c 300000000; du -sk ~/.effect-sandboxes/output; echo END")
      const { note, output } = answer as { readonly note: string; readonly output: string }
      expect(note).toMatch(
        /^The middle was left out\. The first \S+ bytes are in \S+ in the sandbox; most of the others are lost\.$/
      )
      expect(output).toMatch(/^BEGINNING\ny\n[\s\S]*the middle of more than \S+ bytes left out[\s\S]*\nEND\n$/)
      const [, kilobytes] = /\n(\d+)\t[^\n]*\nEND\n$/.exec(output) ?? []
      expect(Number(kilobytes)).toBeLessThanOrEqual(3 * 65_536 + 1000)
    })
  )

  it.effect("shows also what goes through the device files of its output", () =>
    Effect.gen(function* () {
      const command = "echo one; echo two > /dev/stderr; echo three > /dev/stdout; echo four | tee /dev/stderr"
      expect(yield* run(command)).toEqual({ exitCode: 0, output: "one\ntwo\nthree\nfour\nfour\n" })
    })
  )

  it.effect("does not wait for what is left running, although that could still print", () =>
    Effect.gen(function* () {
      expect(yield* run("sleep 604 & echo $(seq 3)")).toEqual({ exitCode: 0, output: "1 2 3\n" })
      expect(yield* run("ps -ef | grep -c '[s]leep 604$'")).toMatchObject({ output: "0\n" })
    })
  )

  it.effect("keeps the outputs that the last answers refer to, and no others", () =>
    Effect.gen(function* () {
      for (let count = 0; count < 5; count++) yield* run("seq 1 10000")
      yield* run("true")
      expect(yield* outputs).toBe(2)
    })
  )

  it.effect("does not show what is not text", () =>
    Effect.gen(function* () {
      expect(yield* run("head -c 100000 /dev/urandom")).toEqual({
        exitCode: 0,
        output: "",
        note: expect.stringMatching(
          /^The output is not text, and is not shown\. All of it, 100,000 bytes, is in \S+ in/
        )
      })
    })
  )

  it.effect("shows text as a reader sees it: without colors, and with one kind of line break", () =>
    Effect.gen(function* () {
      expect(yield* run(String.raw`printf '\033[31mred\033[0m\r\n\033]0;title\007end\0\n'`)).toEqual({
        exitCode: 0,
        output: "red\nend\uFFFD\n"
      })
    })
  )

  it.effect("kills what takes too long, and answers with what it printed until then", () =>
    Effect.gen(function* () {
      // Long enough for a busy machine to begin.
      const answer = yield* failed("run_command", { command: "echo begun; sleep 600 & sleep 601", timeoutSeconds: 5 })
      expect(answer).toEqual({
        _tag: "ToolFailed",
        reason: "timeout",
        message: expect.stringMatching(/^It did not end within 5 seconds and was killed, with everything/),
        found: "begun\n"
      })
      expect(yield* run("ps -ef | grep -c '[s]leep 60[01]$'")).toMatchObject({ output: "0\n" })
    })
  )

  it.effect("refuses a longer time than the application allows", () =>
    Effect.gen(function* () {
      expect(yield* failed("run_command", { command: "true", timeoutSeconds: 601 })).toEqual({
        _tag: "InvalidArguments",
        argument: "timeoutSeconds",
        message: "Nothing was done: `timeoutSeconds` must be at most 600."
      })
    })
  )

  it.effect("says how a signal ended it", () =>
    Effect.gen(function* () {
      expect(yield* run("kill -9 $$")).toMatchObject({ exitCode: 137, note: expect.stringContaining("SIGKILL") })
      expect(yield* run("kill $$")).toMatchObject({ exitCode: 143, note: "It was ended by signal 15." })
      expect(yield* failed("run_command", { command: "kill 0" })).toMatchObject({ reason: "ended" })
      expect(yield* failed("run_command", { command: "kill -9 $PPID" })).toMatchObject({ reason: "ended" })
    })
  )

  it.effect("runs several at a time", () =>
    Effect.gen(function* () {
      const all = yield* Effect.forEach([1, 2, 3, 4], (each) => run(`echo ${each}; seq 1 5000 > /dev/null`), {
        concurrency: "unbounded"
      })
      expect(all).toEqual([1, 2, 3, 4].map((each) => ({ exitCode: 0, output: `${each}\n` })))
    })
  )

  it.effect("leaves nothing that git would commit", () =>
    Effect.gen(function* () {
      yield* run("git init -q .; seq 1 10000")
      expect(yield* run("git status --short --untracked-files=all | grep '^?? .effect-sandboxes'")).toMatchObject({
        output: ""
      })
    })
  )
})

it.live("an interrupted command is killed", () =>
  Effect.gen(function* () {
    const files = yield* Files
    const fiber = yield* Effect.fork(run("echo $$ > pid; sleep 602"))
    yield* Effect.repeat(files.exists("pid"), { until: (isThere) => isThere })
    yield* Fiber.interrupt(fiber)
    expect(yield* run("ps -ef | grep -c '[s]leep 602$'")).toMatchObject({ output: "0\n" })
  }).pipe(Effect.provide(tools()))
)

it.live("the outputs of commands are removed with the layer, and only if there are any", () =>
  Effect.gen(function* () {
    yield* run("seq 1 100000").pipe(Effect.provide(SandboxToolkit.layer()))
    expect(yield* outputs).toBe(0)
  }).pipe(Effect.provide(tools()))
)

it.live("programs of the sandbox that are missing are named, and nothing is invented", () =>
  Effect.gen(function* () {
    yield* Effect.flatMap(Files, (files) => files.writeText("bin/base64", "#!/bin/sh\nexit 127\n"))
    yield* Effect.flatMap(Process, (process) => process.executeOrFail("chmod 755 bin/base64"))
    const answer = yield* failed("run_command", { command: "echo done" })
    expect(answer).toMatchObject({ reason: "outputLost", message: expect.stringContaining("`base64`") })
  }).pipe(Effect.provide(tools({ env: { PATH: "bin:/usr/bin:/bin" } })))
)
