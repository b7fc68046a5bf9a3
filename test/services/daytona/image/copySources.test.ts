import type * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { matcher } from "../../../../src/services/daytona/image/glob.js"
import * as Image from "../../../../src/services/daytona/image/Image.js"
import { type Tree, temporary } from "../../../support/temporaryFiles.js"

const withFiles = <A, E>(
  tree: Tree,
  use: (directory: string) => Effect.Effect<A, E, Image.LocalFiles | FileSystem.FileSystem>
) => Effect.flatMap(temporary(tree), use).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

const shortened = (text: string) => text.replace(/ctx\/[0-9a-f]{64}/g, "ctx/#")

const fromLine = (contextDir: string, line: string) => Image.fromDockerfile(`FROM a\n${line}\nRUN b\n`, { contextDir })

/** The instructions between the first and the last. */
const rendered = (image: Image.Image<Image.LocalFiles>) =>
  Effect.map(Image.dockerfile(image), (text) => shortened(text).split("\n").slice(1, -2).join("\n"))

const filesOf = (image: Image.Image<Image.LocalFiles>) =>
  Effect.map(Image.contexts(image), (contexts) =>
    contexts.flatMap(({ files }) => files.map((name) => name.replace(/^ctx\/[0-9a-f]{64}\//, "")))
  )

describe("a wildcard among the sources of COPY", () => {
  const tree: Tree = { "package.json": "{}", "package-lock.json": "{}", empty: {}, "a[b": "" }

  for (const [line, expected] of [
    [
      "COPY package.json yarn.lock* package-lock.json* pnpm-lock.yaml* ./",
      "COPY ctx/#/package.json ctx/#/package-lock.json ./"
    ],
    ["COPY package.json yar[n].lock ./", "COPY ctx/#/package.json ./"],
    ["ADD package.json bun.lock? ./", "ADD ctx/#/package.json ./"],
    ["COPY none*/x package.json ./", "COPY ctx/#/package.json ./"],
    ["COPY empt* package.json ./", "COPY ctx/#/package.json ./"],
    ["ADD https://e.com/z none* ./", "ADD https://e.com/z ./"],
    ['COPY ["package.json", "yarn.lock*", "./"]', "COPY ctx/#/package.json ./"]
  ] as const) {
    it.effect(`may match nothing if another source is found: ${line}`, () =>
      withFiles(tree, (directory) =>
        Effect.map(rendered(fromLine(directory, line)), (text) => expect(text).toBe(expected))
      )
    )
  }

  it.effect("may match nothing in `copy` and `add` too", () =>
    withFiles(tree, (contextDir) =>
      Effect.gen(function* () {
        for (const call of [Image.copy, Image.add]) {
          const image = Image.base("a").pipe(call(["package.json", "yarn.lock*"], "./", { contextDir }))
          expect(yield* filesOf(image)).toEqual(["package.json"])
        }
      })
    )
  )

  for (const [line, why] of [
    ["COPY yarn.lock* bun.lock* ./", "`yarn.lock*`, which matches no file"],
    ["COPY package.json yarn.lock ./", "yarn.lock`, which does not exist"],
    ["COPY package.json 'a\\[c' ./", "matches no file"],
    ["COPY package.json empty ./", "without files"]
  ] as const) {
    it.effect(`must match if nothing else is found, and what is no wildcard must exist: ${line}`, () =>
      withFiles(tree, (directory) =>
        Effect.map(Effect.flip(Image.dockerfile(fromLine(directory, line))), ({ message }) =>
          expect(message).toContain(why)
        )
      )
    )
  }
})

describe("a pattern", () => {
  const name = FastCheck.string({ unit: FastCheck.constantFrom("a", "b", "."), maxLength: 8 })

  it("of COPY with several wildcards matches what their parts do, in order", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.array(name, { minLength: 1, maxLength: 5 }), name, (parts, text) => {
        const naive = new RegExp(`^${parts.map((part) => part.replaceAll(".", "\\.")).join(".*")}$`)
        expect(matcher(parts.join("*"))?.test(text)).toBe(naive.test(text))
        const joined = parts.join("ab")
        expect(matcher(parts.join("*"))?.test(joined)).toBe(true)
      }),
      { numRuns: 1000 }
    ))

  it("of COPY with many wildcards is compared with a long name at once", () =>
    expect(matcher(`${"*a".repeat(60)}*b`)?.test("a".repeat(250))).toBe(false))

  it("of a Dockerfile with deeply nested variables is not followed forever", () => {
    const nested = `FROM a\nRUN ${"${a:-".repeat(50_000)} <<EOF\nUSER u\n`
    expect(Effect.runSync(Image.dockerfile(Image.fromDockerfile(nested)))).toBe(nested)
  })
})

describe("a .dockerignore", () => {
  const tree: Tree = {
    ".dockerignore": "\uFEFF# comment\n\n.venv\nnode_modules\n**/*.log\n!keep.log\r\n.dockerignore\nsecret.txt\n",
    ".venv": { bin: { python: { link: "/usr/bin/python3" } } },
    node_modules: { x: { "index.js": "" } },
    src: { "app.py": "", "app.log": "" },
    "keep.log": "",
    "secret.txt": "s",
    "a.txt": ""
  }

  it.effect("leaves files out of directories", () =>
    withFiles(tree, (directory) =>
      Effect.map(filesOf(fromLine(directory, "COPY . /app")), (files) =>
        expect(files).toEqual(["a.txt", "keep.log", "src/app.py"])
      )
    )
  )

  it.effect("leaves files out of subdirectories and wildcards, relative to contextDir", () =>
    withFiles({ ...tree, ".dockerignore": "src/app.log\na.txt\n*/index.js" }, (directory) =>
      Effect.gen(function* () {
        expect(yield* filesOf(fromLine(directory, "COPY src /app"))).toEqual(["app.py"])
        expect(yield* filesOf(fromLine(directory, "COPY *.txt src/* /app/"))).toEqual(["secret.txt", "app.py"])
        expect(yield* filesOf(fromLine(directory, "COPY node_modules /app"))).toEqual(["x/index.js"])
      })
    )
  )

  it.effect("counts in `copy`, `add`, `dockerfileCommands` and `fromDockerfileFile`, and not in `addLocalDir`", () =>
    withFiles({ ...tree, Dockerfile: "FROM a\nCOPY src /app\n" }, (contextDir) =>
      Effect.gen(function* () {
        const base = Image.base("a")
        for (const image of [
          base.pipe(Image.copy("src", "/app", { contextDir })),
          base.pipe(Image.add("src", "/app", { contextDir })),
          base.pipe(Image.dockerfileCommands(["COPY src /app"], { contextDir })),
          Image.fromDockerfileFile(`${contextDir}/Dockerfile`)
        ]) {
          expect(yield* filesOf(image)).toEqual(["app.py"])
        }
        expect(yield* filesOf(base.pipe(Image.addLocalDir(`${contextDir}/src`, "/app")))).toEqual(["app.log", "app.py"])
      })
    )
  )

  it.effect("gives way to the one that is named after the Dockerfile", () =>
    withFiles(
      { ...tree, "web.Dockerfile": "FROM a\nCOPY src /app\n", "web.Dockerfile.dockerignore": "**/*.py" },
      (directory) =>
        Effect.map(filesOf(Image.fromDockerfileFile(`${directory}/web.Dockerfile`)), (files) =>
          expect(files).toEqual(["app.log"])
        )
    )
  )

  for (const [line, why] of [
    ["COPY secret.txt /x", "has no file that `.dockerignore` does not exclude"],
    ["COPY secret.* /x", "has no file that `.dockerignore` does not exclude"],
    ["COPY node_modules /x", "has no file that `.dockerignore` does not exclude"]
  ] as const) {
    it.effect(`is named when it excludes all that is copied: ${line}`, () =>
      withFiles(tree, (directory) =>
        Effect.map(Effect.flip(Image.dockerfile(fromLine(directory, line))), ({ message }) =>
          expect(message).toContain(why)
        )
      )
    )
  }

  it.effect("is not bypassed by a link to what it excludes", () =>
    withFiles(
      { ...tree, ".dockerignore": "secret.txt\nsrc/app.log", alias: { link: "secret.txt" }, sources: { link: "src" } },
      (directory) =>
        Effect.gen(function* () {
          const problem = yield* Effect.flip(Image.dockerfile(fromLine(directory, "COPY alias /x")))
          expect(problem.message).toContain("does not exclude")
          expect(yield* filesOf(fromLine(directory, "COPY sources /x"))).toEqual(["app.py"])
        })
    )
  )

  it.effect("with an invalid pattern is refused, by line", () =>
    withFiles({ ".dockerignore": "a\n\n[b-a]\n", "a.txt": "" }, (directory) =>
      Effect.map(Effect.flip(Image.dockerfile(fromLine(directory, "COPY . /x"))), (problem) => {
        expect(problem).toMatchObject({ _tag: "InvalidRequest", field: "text" })
        expect(problem.message).toContain(".dockerignore`, which at line 3 is the malformed pattern `[b-a]`")
      })
    )
  )
})

describe("links among the sources of COPY", () => {
  const tree: Tree = {
    "outside.txt": "secret",
    outside: { "b.txt": "b" },
    context: {
      "a.txt": "a",
      "alias.txt": { link: "a.txt" },
      sources: { link: "src" },
      src: { "b.txt": "b", "c.txt": { link: "../a.txt" } },
      "out.txt": { link: "../outside.txt" },
      outward: { link: "../outside" },
      "gone.txt": { link: "nowhere" }
    }
  }

  for (const [line, expected] of [
    ["COPY . /app", "COPY ctx/# /app\nADD ctx/#/links.tar /app"],
    [
      "COPY --chown=1:1 --link src a.txt /d/",
      "COPY --chown=1:1 --link ctx/# ctx/#/a.txt /d/\nADD --chown=1:1 --link ctx/#/links.tar /d/"
    ],
    ["COPY alias.txt /x", "COPY ctx/#/alias.txt /x"],
    ["COPY sources /x", "COPY ctx/# /x\nADD ctx/#/links.tar /x"],
    ["COPY *.txt /d/", "COPY ctx/#/a.txt ctx/#/alias.txt /d/\nADD ctx/#/links.tar ctx/#/links.tar /d/"]
  ] as const) {
    it.effect(`are followed if they are named, and links otherwise: ${line}`, () =>
      withFiles(tree, (directory) =>
        Effect.map(rendered(fromLine(`${directory}/context`, line)), (text) => expect(text).toBe(expected))
      )
    )
  }

  for (const line of ["COPY out.txt /x", "COPY outward /x", "COPY outward/b.txt /x", "COPY outward/*.txt /x"]) {
    it.effect(`bring nothing into the image that is outside contextDir: ${line}`, () =>
      withFiles(tree, (directory) =>
        Effect.map(Effect.flip(Image.dockerfile(fromLine(`${directory}/context`, line))), ({ message }) =>
          expect(message).toContain("leads out of `contextDir`")
        )
      )
    )
  }

  it.effect("are refused together with `--exclude`, which would not apply to them", () =>
    withFiles(tree, (directory) =>
      Effect.gen(function* () {
        const problem = yield* Effect.flip(
          Image.dockerfile(fromLine(`${directory}/context`, "COPY --exclude=*.md src /x"))
        )
        expect(problem.message).toContain("use `.dockerignore` instead")
      })
    )
  )
})
