/** The floors of `src`, its entries and its dialect; and that each check finds what is planted for it. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import ts from "typescript"
import { sdkVersion } from "../../src/version.js"
import { entries, manifest, root, systems } from "../../tools/manifest.js"
import vitestConfig from "../../vitest.config.js"
import { deviations } from "./dialect.js"
import * as Rules from "./rules.js"

const read = (path: string) => readFileSync(root + path, "utf8")

const under = (folder: string): Rules.Sources =>
  new Map(
    existsSync(root + folder)
      ? readdirSync(root + folder, { recursive: true, encoding: "utf8" })
          .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
          .filter((path) => path.endsWith(".ts") && !/\/(node_modules|dist)\//.test(path))
          .map((path) => [path, read(path)])
      : []
  )

const src = under("src")

describe("the sources", () => {
  it("are all read", () => {
    expect(src.size).toBeGreaterThan(450)
    expect([...src.keys()]).toContain("src/internal/ApiClient.ts")
    for (const system of systems) {
      const floors = ["errors", "schema", "services", "embedded"].map((floor) => `src/${floor}/${system}/`)
      const read = floors.filter((folder) => [...src.keys()].some((path) => path.startsWith(folder)))
      expect(read).toEqual(floors)
    }
  })

  it("import only from their own floor or below, and only what they may", () => {
    expect(Rules.brokenImports(src)).toEqual([])
  })

  it("import nothing in circles", () => {
    expect(Rules.circles(src)).toEqual([])
  })

  it("use no escape hatch of the compiler or the error channel", () => {
    const found = Rules.escapeHatches(src)
    const environment = found.filter((hatch) => hatch.startsWith("process.env: "))
    expect(found.filter((hatch) => !environment.includes(hatch))).toEqual([])
    // The variables for proxies, which `proxy: "environment"` asks for, and what a subprocess inherits.
    expect(environment.map((hatch) => hatch.replace(/^process\.env: |:\d+$/g, "")).sort()).toEqual([
      "src/embedded/stromboli/claude/subprocess.ts",
      "src/node/proxy.ts",
      "src/node/undici/dispatcher.ts"
    ])
  })

  it("name every module that the embedded servers share with the client, and no other", () => {
    const used = new Set(
      [...src].flatMap(([path, text]) =>
        path.startsWith("src/embedded/")
          ? Rules.importsOf(path, text).flatMap(({ target }) =>
              target === undefined || target.startsWith("src/embedded/") ? [] : target
            )
          : []
      )
    )
    expect([...used].sort()).toEqual(Rules.sharedWithServers.flatMap(([, modules]) => modules).sort())
  })

  it("name no file outside the repository", () => {
    const shown = [
      ...src,
      ...under("examples"),
      ["README.md", existsSync(`${root}README.md`) ? read("README.md") : ""]
    ] as const
    expect(shown.filter(([, text]) => text?.includes("../shared")).map(([path]) => path)).toEqual([])
  })
})

describe("every TypeScript file", () => {
  const folders = ["src", "test", "examples", "bench", "tools", "package-check", "runtimes"]
  const files = folders.flatMap((folder) => [...under(folder)])

  it("is read", () => {
    expect(files.length).toBeGreaterThan(800)
    for (const folder of folders) {
      expect(
        files.some(([path]) => path.startsWith(`${folder}/`)),
        folder
      ).toBe(true)
    }
  })

  it("leaves the shared `it` alone: only test/support/sharedLayer.ts uses `layer` of @effect/vitest", () => {
    const users = files.filter(([, text]) => /import \{[^}]*\blayer\b[^}]*\} from "@effect\/vitest"/.test(text))
    expect(users.map(([path]) => path)).toEqual(["test/support/sharedLayer.ts"])
  })

  it("has blocks and comments in the dialect (run npm run format)", () => {
    expect(files.flatMap(([path, text]) => deviations(path, text))).toEqual([])
  })
})

describe("the package", () => {
  it("exports modules that exist, and nothing internal", () => {
    expect(entries.length).toBeGreaterThan(3)
    for (const { source, target } of entries) {
      expect(src.has(source), source).toBe(true)
      expect(target.types).toBe(target.default.replace(/\.js$/, ".d.ts"))
      expect(target.node).toBe(target.default.replace("./dist/", "./dist/bundles/"))
      // The first condition that holds is taken.
      expect(Object.keys(target)).toEqual(["types", "node", "default"])
      expect(source).not.toMatch(/^src\/internal\//)
    }
    expect(manifest.exports["./internal/*"]).toBeNull()
  })

  it("has the same entries for the compiler (tsconfig.json, paths)", () => {
    const { paths } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile).config.compilerOptions
    expect(paths).toEqual(Object.fromEntries(entries.map(({ name, source }) => [name, [`./${source}`]])))
  })

  it("has the same entries for the test runner", () => {
    for (const project of vitestConfig.test?.projects ?? []) {
      const alias = typeof project === "object" && "resolve" in project ? project.resolve?.alias : undefined
      const aliases = Array.isArray(alias) ? alias : []
      const resolved = entries.map(({ name }) => [
        name,
        aliases.filter(({ find }) => find instanceof RegExp && find.test(name)).map(({ replacement }) => replacement)
      ])
      expect(resolved).toEqual(entries.map(({ name, source }) => [name, [root + source]]))
      expect(aliases).toHaveLength(entries.length)
    }
  })

  it("has an entry for every system, and one for its embedded server", () => {
    for (const system of systems) {
      expect(entries.map(({ path }) => path)).toEqual(expect.arrayContaining([system, `embedded/${system}`]))
    }
  })

  it("knows its own version", () => {
    expect(sdkVersion).toBe(manifest.version)
  })
})

describe("the rules", () => {
  const planted: ReadonlyArray<readonly [string, string, string]> = [
    [
      "an import goes up a floor",
      "src/schema/stromboli/Job.ts",
      'import type { Jobs } from "../../services/stromboli/Jobs.js"'
    ],
    ["an import goes up a floor", "src/internal/path.ts", 'export * from "../stromboli.js"'],
    [
      "an import goes up a floor",
      "src/services/stromboli/Jobs.ts",
      'const later = () => import("../../node/index.js")'
    ],
    ["an import goes up a floor", "src/stromboli.ts", 'export * from "./claude-code/index.js"'],
    [
      "the core imports what only Node has",
      "src/claude-code/layerCommand.ts",
      'import { spawn } from "node:child_process"'
    ],
    [
      "an import goes up a floor",
      "src/services/stromboli/Jobs.ts",
      'import { AgentRuns } from "../../workflow/AgentRuns.js"'
    ],
    ["an import goes up a floor", "src/workflow/Engine.ts", 'export * from "../node/NodeTransport.js"'],
    ["the core imports what only Node has", "src/workflow/Engine.ts", 'import { join } from "node:path"'],
    [
      "an entry's own peer is imported elsewhere",
      "src/services/stromboli/Jobs.ts",
      'import * as Workflow from "@effect/workflow/Workflow"'
    ],
    [
      "an entry's own peer is imported elsewhere",
      "src/node/NodeTransport.ts",
      'import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"'
    ],
    [
      "an import goes up a floor",
      "src/services/stromboli/Jobs.ts",
      'import { RunReport } from "../../report/index.js"'
    ],
    ["the core imports what only Node has", "src/report/RunReport.ts", 'import { createHash } from "node:crypto"'],
    ["a file stands on no floor", "src/helpers/strings.ts", 'import * as Effect from "effect/Effect"'],
    ["one system imports the other", "src/services/daytona/Fs.ts", 'import { Jobs } from "../stromboli/Jobs.js"'],
    ["one system imports the other", "src/errors/daytonaErrorBody.ts", 'import { RunFailed } from "./Stromboli.js"'],
    ["the core imports what only Node has", "src/internal/path.ts", 'import { join } from "node:path"'],
    ["the core imports what only Node has", "src/stream/Sse.ts", 'import { WebSocket } from "ws"'],
    [
      "the core imports what only Node has",
      "src/index.ts",
      'import * as C from "@effect/platform-node/NodeHttpClient"'
    ],
    ["the core imports what only Node has", "src/ai/index.ts", 'import { join } from "node:path"'],
    ["an import goes up a floor", "src/daytona.ts", 'export * from "./ai/index.js"'],
    ["an import goes up a floor", "src/ai/index.ts", 'export * from "../node/index.js"'],
    ["an entry's own peer is imported elsewhere", "src/index.ts", 'import * as Tool from "@effect/ai/Tool"'],
    ["a barrel is imported", "src/internal/path.ts", 'import { Effect } from "effect"'],
    ["a barrel is imported", "src/node/NodeTransport.ts", 'import { NodeHttpClient } from "@effect/platform-node"'],
    [
      "an embedded server imports the client",
      "src/embedded/stromboli/app.ts",
      'import { Job } from "../../schema/stromboli/Job.js"'
    ],
    [
      "an embedded server imports the client",
      "src/embedded/daytona/app.ts",
      'import { Sandboxes } from "../../services/daytona/sandboxes/Sandboxes.js"'
    ],
    [
      "an embedded server imports the client",
      "src/embedded/RequestLog.ts",
      'import * as Path from "../internal/path.js"'
    ],
    [
      "an embedded server imports the client",
      "src/embedded/stromboli/app.ts",
      'import { ApiError } from "../../errors/ApiError.js"'
    ],
    [
      "an embedded server imports the client",
      "src/embedded/stromboli/app.ts",
      'import { WebSockets } from "../../stream/WebSockets.js"'
    ],
    ["an embedded server imports the client", "src/embedded/webPage.ts", 'export * from "../stromboli.js"'],
    [
      "the command line imports what no user could",
      "src/cli/stromboli/run.ts",
      'import { poll } from "../../internal/poll.js"'
    ],
    [
      "the command line imports what no user could",
      "src/cli/stromboli/run.ts",
      'import { Jobs } from "../../services/stromboli/Jobs.js"'
    ],
    ["only the command line may import this", "src/node/index.ts", 'import * as Options from "@effect/cli/Options"'],
    ["only the command line may import this", "src/embedded/app.ts", 'import { run } from "../cli/main.js"'],
    ["an import has no ending", "src/internal/path.ts", 'import { render } from "./prepare"']
  ]
  it.each(planted)("find that %s, in %s", (rule, path, text) => {
    expect(Rules.brokenImports(new Map([[path, text]]))).toContainEqual(expect.stringContaining(rule))
  })

  it("find a circle", () => {
    const sources = new Map([
      ["src/internal/a.ts", 'import { b } from "./b.js"'],
      ["src/internal/b.ts", 'import type { C } from "./c.js"'],
      ["src/internal/c.ts", 'export * from "./a.js"']
    ])
    expect(Rules.circles(sources)).toEqual([
      "src/internal/a.ts → src/internal/b.ts → src/internal/c.ts → src/internal/a.ts"
    ])
  })

  it.each([
    ["any", "const a: Array<any> = []"],
    ["as unknown as", "const a = 1 as unknown as string"],
    ["throw", "if (a) throw new Error()"],
    ["Effect.die", "const a = Effect.dieMessage('no')"],
    ["process.env", "const a = process.env.HOME"],
    ["process.env", 'import { env as inherited } from "node:process"'],
    ["console", "console.log(a)"],
    ["@ts-ignore", "// @ts-ignore\nconst a = 1"]
  ])("find %s", (name, text) => {
    expect(Rules.escapeHatches(new Map([["src/a.ts", text]]))).toEqual([expect.stringContaining(name)])
  })

  it("leave alone what only looks like it, in a comment or a text", () => {
    const text =
      "/** throw new Error(), any, console.log */\nconst a = \"import { b } from 'effect'; throw any; process.env\""
    expect(Rules.escapeHatches(new Map([["src/a.ts", text]]))).toEqual([])
    expect(Rules.brokenImports(new Map([["src/index.ts", text]]))).toEqual([])
  })

  const wide = `// ${"a word and another ".repeat(8)}`
  it.each([
    ["a block", "if (a) {\n  b()\n}"],
    ["a block", "for (const a of b) {\n  c(a)\n}"],
    ["a block", "if (a) {\n  b()\n} else if (c) {\n  d()\n} else {\n  e()\n}"],
    ["a block", "if (a)\n  return (\n    b\n  )"],
    ["a block", "if (a) b()\nelse {\n  c()\n  d()\n}"],
    ["a block", `if (${"a".repeat(100)})\n  b("${"c".repeat(40)}")`],
    ["a wide comment", wide],
    ["a wide comment", `/**\n * ${wide}\n */\nconst a = 1`],
    ["a wide comment", `const a = { b: 1 } ${wide}`]
  ])("find %s that is not in the dialect: %s", (name, text) => {
    expect(deviations("src/a.ts", text)).toEqual([expect.stringContaining(name)])
  })

  it.each([
    "if (a) b()\nelse c()",
    "if (a) {\n  const b = 1\n}",
    "if (a) {\n  // why\n  b()\n}",
    "if (a) {\n  b({\n    c\n  })\n}",
    "if (a) {\n  b()\n} else {\n  c()\n  d()\n}",
    `if (${"a".repeat(100)}) {\n  b("${"c".repeat(40)}")\n}`,
    `// https://${"a".repeat(140)}`,
    `const a = "// ${"b ".repeat(100)}"`
  ])("leave alone what is: %s", (text) => {
    expect(deviations("src/a.ts", text)).toEqual([])
  })
})
