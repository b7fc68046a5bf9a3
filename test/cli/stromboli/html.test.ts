/** `--html`. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { type Run, type RunInput, Script, StreamJson } from "../../../src/embedded/stromboli/index.js"
import { RunReport } from "../../../src/report/index.js"
import { Agents } from "../../../src/stromboli.js"
import { parse, texts } from "../../report/dom.js"
import { cli, home, run, start } from "../support/program.js"
import { stromboli } from "../support/servers.js"
import { controlC, controlD, enter, open } from "../support/terminal.js"

const session = "11111111-2222-4333-8444-555555555555"

const eventually = <A, E, R>(look: Effect.Effect<A, E, R>, isSo: (found: A) => boolean) =>
  Effect.repeat(look, { until: isSo, schedule: Schedule.spaced("10 millis") })

/** Says something, in whatever format is asked for, and does not come to its result. */
const begins = (input: RunInput, text: string) =>
  Script.says(...StreamJson.format(input, text).filter((line) => StreamJson.typeOf(line) !== "result"))

const hangs: Run = (input) => Stream.concat(begins(input, "half an answer"), Script.hangs())
const crashes: Run = (input) => Stream.concat(begins(input, "half an answer"), Script.dies("SIGKILL"))

/** What a page says of a run: how it ended, and who said what. */
const pageAt = (path: string) => {
  const page = readFileSync(path, "utf8")
  expect(page).toMatch(/^<!doctype html>[\s\S]*<\/html>\s*$/)
  const { document } = parse(page)
  const withoutTimes = (selector: string) => texts(document, selector).map((text) => text.replace(/^[\d:]+/, ""))
  return {
    outcome: texts(document, ".outcome")[0],
    details: texts(document, ".details")[0] ?? "",
    prompts: withoutTimes(".prompt"),
    said: withoutTimes(".claude")
  }
}

const createAgent = Effect.flatMap(Agents, (agents) => agents.create())

describe("the page of --html", () => {
  it.scopedLive("is of run, chat and sessions show, and stdout stays the answer", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const at = { home: yield* home, variables }
      const page = (name: string) => join(at.home, name)
      const ran = yield* run(["run", "--session", session, "--html", page("run.html"), "Count to 3"], at)
      const answer = "[demo agent, no model was called] Counting to 3:\n1\n2\n3"
      expect(ran).toMatchObject({
        code: 0,
        stdout: `${answer}\n`,
        stderr: `Wrote the page ${page("run.html")}.\n`
      })
      yield* run(["chat", "--html", page("chat.html")], { ...at, input: "Count to 3\n" })
      yield* run(["sessions", "show", "--html", page("show.html"), session], at)
      for (const name of ["run.html", "chat.html", "show.html"]) {
        expect(pageAt(page(name))).toMatchObject({ prompts: ["Count to 3"], said: [answer] })
      }
      expect(readdirSync(at.home).sort()).toEqual(["chat.html", "run.html", "show.html"])
    })
  )

  it.scopedLive("is of agents attach: of what was sent and answered, until it detaches", () =>
    Effect.gen(function* () {
      const { services, variables } = yield* stromboli()
      const at = { home: yield* home, variables }
      const { id } = yield* Effect.provide(createAgent, services)
      const [sent, watched] = [join(at.home, "sent.html"), join(at.home, "watched.html")]
      const watcher = yield* start(["agents", "attach", "--read-only", "--html", watched, id], at)
      yield* watcher.notes("Attached to")
      const sender = yield* run(["agents", "attach", "--html", sent, id], {
        ...at,
        input: "Count to 2\nMy name is Ada\n"
      })
      expect(sender).toMatchObject({ code: 0, stderr: expect.stringContaining(`Wrote the page ${sent}.\n`) })
      expect(pageAt(sent)).toMatchObject({
        outcome: "Completed",
        prompts: ["Count to 2", "My name is Ada"],
        said: [expect.stringContaining("Counting to 2"), expect.stringContaining("Nice to meet you, Ada.")]
      })
      yield* watcher.prints("Ada")
      watcher.child.kill("SIGINT")
      expect(yield* watcher.ended).toMatchObject({ code: 130, stderr: expect.stringContaining("Wrote the page") })
      expect(pageAt(watched).said).toHaveLength(2)
    })
  )

  it.scopedLive("is of an agent that exits while it is watched", () =>
    Effect.gen(function* () {
      const { services, variables } = yield* stromboli({ run: crashes })
      const at = { home: yield* home, variables }
      const path = join(at.home, "page.html")
      const { id } = yield* Effect.provide(createAgent, services)
      const { code, stderr, stdout } = yield* run(["agents", "attach", "--html", path, id], { ...at, input: "Hello\n" })
      expect({ code, stdout }).toEqual({ code: 1, stdout: "half an answer\n" })
      expect(stderr).toMatch(/\nerror: agent-\S+ has exited: /)
      expect(pageAt(path)).toMatchObject({ outcome: "Exited", prompts: ["Hello"], said: ["half an answer"] })
    })
  )

  it.scopedLive("of a run that fails has what it had printed, and why it failed", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({
        run: (input) => Script.failsWith(input, "error_max_turns", "I would need one more turn")
      })
      const at = { home: yield* home, variables }
      const path = join(at.home, "page.html")
      const { code, stderr, stdout } = yield* run(["run", "--html", path, "Hello"], at)
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
      expect(stderr).toMatch(/^Wrote the page .*\nerror: .*one more turn/)
      expect(pageAt(path)).toMatchObject({
        outcome: "Out of turns",
        details: expect.stringContaining("RunFailed: "),
        prompts: ["Hello"],
        said: ["I would need one more turn"]
      })
    })
  )

  it.scopedLive("of a run that crashes has what it had printed, and how it died", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({ run: crashes })
      const at = { home: yield* home, variables }
      const path = join(at.home, "page.html")
      expect((yield* run(["run", "--html", path, "Hello"], at)).code).toBe(1)
      expect(pageAt(path)).toMatchObject({
        outcome: "Crashed",
        details: expect.stringContaining("The container died"),
        prompts: ["Hello"],
        said: ["half an answer"]
      })
    })
  )

  it.scopedLive("of a run that is interrupted says so", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* stromboli({ run: hangs })
      const at = { home: yield* home, variables }
      const path = join(at.home, "page.html")
      const { child, ended } = yield* start(["run", "--html", path, "Hello"], at)
      yield* eventually(server.requests, (all) => all.length > 0)
      child.kill("SIGINT")
      expect(yield* ended).toMatchObject({
        code: 130,
        stderr: `Interrupted: the run was stopped.\nWrote the page ${path}.\n`
      })
      expect(pageAt(path)).toMatchObject({ outcome: "Interrupted", prompts: ["Hello"] })
    })
  )

  it.scopedLive("of a chat that is interrupted has what was said until then, and says so", () =>
    Effect.gen(function* () {
      const { services, variables } = yield* stromboli({ run: hangs })
      const at = { home: yield* home, variables }
      const path = join(at.home, "page.html")
      const { child, ended, prints } = yield* start(["chat", "--html", path], at)
      child.stdin.write("Hello\n")
      yield* prints("half an answer")
      child.kill("SIGINT")
      const { code, stderr } = yield* ended
      expect(code).toBe(130)
      expect(stderr).toMatch(/^Wrote the page .*\nAgent \S+ was stopped\.\n$/)
      expect(pageAt(path)).toMatchObject({ outcome: "Interrupted", prompts: ["Hello"], said: ["half an answer"] })
      const left = yield* Effect.provide(
        Effect.flatMap(Agents, (agents) => agents.list),
        services
      )
      expect(left).toEqual([])
    })
  )

  it.scopedLive("of a chat whose agent crashes has what was said until then, and says so", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({ run: crashes })
      const at = { home: yield* home, variables }
      const path = join(at.home, "page.html")
      const { code, stdout } = yield* run(["chat", "--html", path], { ...at, input: "Hello\n" })
      expect({ code, stdout }).toEqual({ code: 1, stdout: "half an answer\n" })
      expect(pageAt(path)).toMatchObject({
        outcome: "Failed",
        details: expect.stringMatching(/^AgentExited: /),
        prompts: ["Hello"],
        said: ["half an answer"]
      })
    })
  )

  it.scopedLive("of a chat that is left between two prompts has nothing that was interrupted", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const at = { home: yield* home, variables }
      const path = join(at.home, "page.html")
      const screen = yield* open(["chat", "--html", path], { ...at, columns: 200 })
      yield* screen.shows(/^>$/m)
      screen.type(`My name is Ada${enter}`)
      yield* screen.shows(/so far>$/)
      screen.type(controlC)
      expect((yield* screen.ended).exitCode).toBe(130)
      expect(pageAt(path)).toMatchObject({ outcome: "Completed", prompts: ["My name is Ada"] })
    })
  )
})

describe("a run with --html", () => {
  const answers: Run = (input) =>
    Stream.concat(Script.says("a warning of the container"), Script.replies(input, "line 1\n\n  line 2 {}"))

  /** Without what is different in each run. */
  const comparable = (stdout: string) => ({ ...JSON.parse(stdout), id: "", sessionId: "", usage: "" })

  it.scopedLive.each([
    ["that answers", answers],
    ["that crashes", crashes],
    ["that crashes after its answer", (input: RunInput) => Stream.concat(answers(input), Script.exits(137))],
    ["that crashes without a word", () => Script.dies("SIGKILL")],
    [
      "that crashes after much output",
      (input: RunInput) => Stream.concat(Script.replies(input, "ä".repeat(3_000)), Script.exits(137))
    ]
  ] as ReadonlyArray<readonly [string, Run]>)("%s prints what it prints without a page", ([, script]) =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({ run: script })
      const at = { home: yield* home, variables }
      const html = ["--html", join(at.home, "page.html")]
      const [plain, withPage] = [yield* run(["run", "Hello"], at), yield* run(["run", ...html, "Hello"], at)]
      expect(withPage.stdout).toBe(plain.stdout)
      expect(withPage.code).toBe(plain.code)
      expect(withPage.stderr).toBe(`Wrote the page ${html[1]}.\n${plain.stderr}`)
      const asJson = yield* run(["run", "--json", "Hello"], at)
      const asJsonWithPage = yield* run(["run", "--json", ...html, "Hello"], at)
      expect(comparable(asJsonWithPage.stdout)).toEqual(comparable(asJson.stdout))
    })
  )
})

describe("the file of --html", () => {
  it.scopedLive("is replaced if it is a page, and stays as private as it was", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const at = { home: yield* home, variables }
      const path = join(at.home, "page.html")
      yield* run(["run", "--html", path, "Count to 2"], at)
      chmodSync(path, 0o600)
      expect((yield* run(["run", "--html", path, "Count to 3"], at)).code).toBe(0)
      expect(pageAt(path).prompts).toEqual(["Count to 3"])
      expect(statSync(path).mode & 0o777).toBe(0o600)
    })
  )

  it.scopedLive("is not replaced if it is anything else, unless --yes is given", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* stromboli()
      const at = { home: yield* home, variables }
      const path = join(at.home, "mine.html")
      const mine = "<!doctype html>\n<title>Mine</title>\n"
      for (const content of [mine, "", ` ${RunReport.html([])}`]) {
        writeFileSync(path, content)
        for (const command of [
          ["run", "Hello"],
          ["chat"],
          ["sessions", "show", session],
          ["agents", "attach", "agent-1"]
        ]) {
          const { code, stderr } = yield* run([...command, "--html", path], at)
          expect(code).toBe(2)
          expect(stderr).toMatch(/^error: --html: .*mine\.html.*--yes/)
        }
        expect(readFileSync(path, "utf8")).toBe(content)
      }
      expect(yield* server.requests).toEqual([])
      expect((yield* run(["run", "--yes", "--html", path, "Count to 3"], at)).code).toBe(0)
      expect(pageAt(path).prompts).toEqual(["Count to 3"])
    })
  )

  it.scopedLive("is asked about on a terminal", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* stromboli()
      const at = { home: yield* home, variables }
      const path = join(at.home, "mine.txt")
      writeFileSync(path, "mine")
      const refusing = yield* open(["chat", "--html", path], { ...at, columns: 200 })
      yield* refusing.shows("[y/N]")
      refusing.type(`n${enter}`)
      expect((yield* refusing.ended).exitCode).toBe(2)
      expect([readFileSync(path, "utf8"), yield* server.requests]).toEqual(["mine", []])

      const agreeing = yield* open(["chat", "--html", path], { ...at, columns: 200 })
      yield* agreeing.shows("[y/N]")
      agreeing.type(`y${enter}`)
      yield* agreeing.shows(/^>$/m)
      agreeing.type(`Count to 3${enter}`)
      yield* agreeing.shows(/so far>$/)
      agreeing.type(controlD)
      expect((yield* agreeing.ended).exitCode).toBe(0)
      expect(pageAt(path).prompts).toEqual(["Count to 3"])
    })
  )

  it.scopedLive("is refused before anything is sent where no page can be put", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* stromboli()
      const at = { home: yield* home, variables }
      const below = (name: string) => join(at.home, name)
      writeFileSync(below("page.html"), RunReport.html([]))
      symlinkSync("page.html", below("link.html"))
      symlinkSync("nowhere", below("dangling.html"))
      mkdirSync(below("folder"))
      mkdirSync(below("closed"), { mode: 0o500 })
      // Permissions do not stop root, whereas nobody makes a file there.
      const closed = process.getuid?.() === 0 ? "/proc" : below("closed")
      const paths = [
        "link.html",
        "dangling.html",
        "folder",
        "none/page.html",
        "page.html/below",
        "folder/",
        "x".repeat(300)
      ]
      for (const path of [...paths.map(below), join(closed, "page.html"), "/dev/null", "", "-"]) {
        // Not even with --yes.
        const { code, stderr, stdout } = yield* run(["run", "--yes", "--html", path, "Hello"], at)
        expect({ path, code, stdout, named: stderr.startsWith("error: --html: ") }).toEqual({
          path,
          code: 2,
          stdout: "",
          named: true
        })
      }
      expect(lstatSync(below("link.html")).isSymbolicLink()).toBe(true)
      expect(yield* server.requests).toEqual([])
    })
  )

  it.scopedLive("is the old page as long as the run goes on, and when the process is killed", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* stromboli({ run: hangs })
      const at = { home: yield* home, variables }
      const path = join(at.home, "page.html")
      const old = RunReport.html([RunReport.prompt("Before")])
      writeFileSync(path, old)
      const { child, ended } = yield* start(["run", "--html", path, "Hello"], at)
      yield* eventually(server.requests, (all) => all.length > 0)
      child.kill("SIGKILL")
      yield* ended
      expect(readFileSync(path, "utf8")).toBe(old)
      expect(readdirSync(at.home)).toEqual(["page.html"])
    })
  )

  it.scopedLive("is the old page after a command that came to nothing", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const at = { home: yield* home, variables }
      const path = join(at.home, "page.html")
      const old = RunReport.html([RunReport.prompt("Before")])
      writeFileSync(path, old)
      for (const [command, code] of [
        [["run", ""], 2],
        [["sessions", "show", session], 3],
        [["agents", "attach", "agent-0123456789abcdef"], 3],
        [["run", "--url", "http://127.0.0.1:1", "Hello"], 5],
        [["chat"], 0]
      ] as const) {
        const ended = yield* run([...command, "--html", path], at)
        expect({ command, code: ended.code }).toEqual({ command, code })
        expect(ended.stderr).not.toContain("Wrote the page")
      }
      expect(readFileSync(path, "utf8")).toBe(old)
    })
  )

  it.scopedLive("that has come there during the run is kept, and the page is beside it", () =>
    Effect.gen(function* () {
      const at = { home: yield* home }
      const path = join(at.home, "notes.html")
      const writes: Run = (input) =>
        Stream.concat(
          Stream.drain(Stream.fromEffect(Effect.sync(() => writeFileSync(path, "of Claude")))),
          Script.replies(input, "I wrote notes.html.")
        )
      const { variables } = yield* stromboli({ run: writes })
      const { code, stderr, stdout } = yield* run(["run", "--html", path, "Hello"], { ...at, variables })
      expect({ code, stdout }).toEqual({ code: 1, stdout: "I wrote notes.html.\n" })
      expect(readFileSync(path, "utf8")).toBe("of Claude")
      const [, beside = ""] =
        /^error: The page .*notes\.html could not be written: .* It is in (\S+)\n$/.exec(stderr) ?? []
      expect(pageAt(beside).said).toEqual(["I wrote notes.html."])
    })
  )

  it.live("is not for runs in the background", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* cli(["run", "--embedded", "--background", "--html", "page.html", "Hello"])
      expect(code).toBe(2)
      expect(stderr).toContain("--background")
    })
  )
})
