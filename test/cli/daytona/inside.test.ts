/** What else is done in a sandbox: `ports`, `preview`, `screenshot`, `python`, `git clone`. */
import { execFileSync } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault, localRuntime, simulatedDesktop } from "../../../src/embedded/daytona/index.js"
import { cli, home, run, start } from "../support/program.js"
import { daytonaWithBox } from "../support/servers.js"

describe("ports and preview", () => {
  it.scopedLive("list what listens, and print a URL for it", () =>
    Effect.gen(function* () {
      const { box, variables } = yield* daytonaWithBox()
      const script =
        "import http.server as h; s = h.HTTPServer(('127.0.0.1', 0), h.SimpleHTTPRequestHandler); print(s.server_port, flush=True); s.serve_forever()"
      const server = yield* box.process.start(["python3", "-c", script])
      const port = (yield* server.awaitLog(/^\d+$/)).trim()
      yield* box.ports.awaitPort(Number(port))
      const ports = yield* cli(["ports", "box", "--json"], { variables })
      expect(JSON.parse(ports.stdout)).toContainEqual({ port: Number(port) })
      expect((yield* cli(["ports", "box"], { variables })).stdout).toMatch(new RegExp(`^PORT\n(.*\n)*${port}\n`))

      const preview = yield* cli(["preview", "box", port, "--expires-in", "10m"], { variables })
      expect(preview).toMatchObject({ code: 0, stderr: "" })
      expect(preview.stdout).toMatch(/^http:\/\/\S+\n$/)
      const plain = yield* cli(["preview", "box", port, "--plain"], { variables })
      expect(plain.code).toBe(0)
      const { token, url } = JSON.parse(
        (yield* cli(["preview", "box", port, "--plain", "--json"], { variables })).stdout
      )
      expect(plain.stdout).toBe(`${url}\n`)
      expect(plain.stdout + plain.stderr).not.toContain(token)
    })
  )

  it.scopedLive("answer an invalid port, and a time that is too long, with exit code 2", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      expect((yield* cli(["preview", "box", "x"], { variables })).code).toBe(2)
      const late = yield* cli(["preview", "box", "3000", "--expires-in", "2d"], { variables })
      expect(late.code).toBe(2)
      expect(late.stderr).toContain("24 hours")
    })
  )
})

describe("screenshot", () => {
  it.scopedLive("saves what the desktop shows, as PNG", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox({ runtime: localRuntime({ desktop: simulatedDesktop() }) })
      const directory = yield* home
      const saved = yield* run(["screenshot", "box", "--out", "now.png"], { home: directory, variables })
      expect(saved).toEqual({ code: 0, stdout: "now.png\n", stderr: "" })
      const image = yield* Effect.promise(() => readFile(join(directory, "now.png")))
      expect(image.subarray(1, 4).toString()).toBe("PNG")
      const nowhere = yield* run(["screenshot", "box", "--out", "no/such/folder.png"], { home: directory, variables })
      expect(nowhere.code).toBe(1)
      expect(nowhere.stderr).toContain("cannot be saved as no/such/folder.png")
    })
  )
})

/** The answer of a daemon to a program that showed a chart. */
const charted = JSON.stringify({
  exitCode: 3,
  result: "shown\n",
  artifacts: { charts: [{ type: "line", title: "A chart", png: Buffer.from("a picture").toString("base64") }] }
})

describe("python", () => {
  it.scopedLive("runs a file with arguments, its output and its exit code", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const directory = yield* home
      const program = "import sys\nprint(sys.argv[1:], input())\nprint('err', file=sys.stderr)\nsys.exit(4)\n"
      yield* Effect.promise(() => writeFile(join(directory, "main.py"), program))
      const running = yield* start(["python", "box", "main.py", "--", "--help", "a b"], { home: directory, variables })
      running.child.stdin.end("from here\n")
      expect(yield* running.ended).toEqual({ code: 4, stdout: "['--help', 'a b'] from here\n", stderr: "err\n" })
    })
  )

  it.scopedLive("takes the program from --code, or from standard input", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      expect((yield* cli(["python", "box", "-c", "print(6 * 7)"], { variables })).stdout).toBe("42\n")
      expect((yield* cli(["python", "box"], { variables, input: "print(6 * 8)" })).stdout).toBe("48\n")
    })
  )

  it.scopedLive("saves the charts with --out, and keeps the exit code", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytonaWithBox()
      const directory = yield* home
      yield* server.faults.inject({
        path: "/process/code-run",
        fault: Fault.replaceBody(charted, "application/json"),
        times: 2
      })
      const args = ["python", "box", "-c", "print('shown')", "--out", "charts"]
      expect(yield* run(args, { home: directory, variables })).toEqual({
        code: 3,
        stdout: "shown\n",
        stderr: "Saved charts/chart-1.png\n"
      })
      expect(yield* Effect.promise(() => readFile(join(directory, "charts/chart-1.png"), "utf8"))).toBe("a picture")
      const { stdout } = yield* run([...args, "--json"], { home: directory, variables })
      expect(JSON.parse(stdout)).toEqual({
        exitCode: 3,
        output: "shown\n",
        charts: [{ file: "charts/chart-1.png", type: "line", title: "A chart" }]
      })
    })
  )

  it.scopedLive("answers a file that is not there with exit code 2", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const { code, stderr } = yield* cli(["python", "box", "none.py"], { variables })
      expect(code).toBe(2)
      expect(stderr).toContain("none.py")
    })
  )
})

describe("git clone", () => {
  it.scopedLive("clones into the folder that git would choose", () =>
    Effect.gen(function* () {
      const { box, variables } = yield* daytonaWithBox()
      const directory = yield* home
      const git = (...args: ReadonlyArray<string>) =>
        execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: directory })
      git("init", "-q", "-b", "main", "work")
      yield* Effect.promise(() => writeFile(join(directory, "work/readme.md"), "# Hello\n"))
      git("-C", "work", "add", ".")
      git("-C", "work", "commit", "-qm", "First")
      git("clone", "-q", "--bare", "work", "hello.git")
      git("-C", "hello.git", "update-server-info")
      // A server of files is all that git needs to clone over HTTP.
      const script =
        "import http.server as h; s = h.HTTPServer(('127.0.0.1', 0), h.SimpleHTTPRequestHandler); print(s.server_port, flush=True); s.serve_forever()"
      const server = yield* box.process.start(["python3", "-c", script], { cwd: directory })
      const port = (yield* server.awaitLog(/^\d+$/)).trim()
      const { code, stderr, stdout } = yield* cli(["git", "clone", "box", `http://127.0.0.1:${port}/hello.git`], {
        variables
      })
      expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: "", stdout: "hello\n" })
      expect(yield* box.files.readText("hello/readme.md")).toBe("# Hello\n")
    })
  )

  it.scopedLive("answers half of the credentials with exit code 2, and reads a password from a file only", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const { code, stderr } = yield* cli(["git", "clone", "box", "https://a.test/b.git", "--username", "me"], {
        variables
      })
      expect(code).toBe(2)
      expect(stderr).toContain("--password-file")
    })
  )
})
